using Gateway.ProxyProtocol;

namespace Gateway.Tcp.Routing;

/// <summary>
/// A route's conditions on the TLVs of an accepted header: the first TLV of each named field has one of the listed values. Immutable; a
/// match allocates nothing.
/// </summary>
internal sealed class TlvMatch
{
    private readonly (ProxyTlvField Field, byte[][] Values)[] _conditions;

    /// <summary>
    /// Resolves <c>Match:Tlvs</c>. A text that cannot be a value of its field matches nothing (validation refuses such a text).
    /// </summary>
    public TlvMatch(IReadOnlyDictionary<string, IReadOnlyList<string>> tlvs)
    {
        var conditions = new List<(ProxyTlvField, byte[][])>();
        foreach (var (name, values) in tlvs)
        {
            if (ProxyTlvField.TryParse(name, out var field))
            {
                conditions.Add((field, [.. values.Select(value => field.TryEncode(value, out var bytes) ? bytes : null).OfType<byte[]>()]));
            }
        }

        _conditions = [.. conditions];
    }

    /// <summary>The number of fields that the conditions name.</summary>
    public int Count => _conditions.Length;

    /// <summary>Whether a header's TLVs meet all conditions. A header without TLVs never does.</summary>
    public bool Accepts(ReadOnlySpan<byte> tlvs)
    {
        foreach (var (field, values) in _conditions)
        {
            if (!HasOne(tlvs, field, values))
            {
                return false;
            }
        }

        return true;
    }

    private static bool HasOne(ReadOnlySpan<byte> tlvs, ProxyTlvField field, byte[][] values)
    {
        if (!field.TryFindValue(tlvs, out var came))
        {
            return false;
        }

        foreach (var value in values)
        {
            if (field.Matches(came, value))
            {
                return true;
            }
        }

        return false;
    }
}
