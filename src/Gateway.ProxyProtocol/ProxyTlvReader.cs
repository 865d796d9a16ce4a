using System.Buffers.Binary;

namespace Gateway.ProxyProtocol;

/// <summary>
/// Reads the TLVs of an area one after another, without allocation: <c>foreach (var tlv in new ProxyTlvReader(area))</c>. If the area is
/// not well-formed, the loop ends early with <see cref="IsMalformed"/>. The area of a parsed header is always well-formed.
/// </summary>
public ref struct ProxyTlvReader
{
    private readonly ReadOnlySpan<byte> _area;
    private int _position;
    private int _valueLength;

    /// <summary>Starts before the first TLV.</summary>
    /// <param name="area">The TLVs: for a header, <c>input.Slice(header.TlvOffset, header.TlvLength)</c>.</param>
    public ProxyTlvReader(ReadOnlySpan<byte> area) => _area = area;

    /// <summary>The current TLV.</summary>
    public readonly ProxyTlv Current =>
        new((ProxyTlvType)_area[_position - _valueLength - ProxyTlv.PrefixLength], _area.Slice(_position - _valueLength, _valueLength));

    /// <summary>Whether the reader ended at a TLV that does not fit into the area.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>The offset of the current value in the area, in bytes.</summary>
    internal readonly int ValueOffset => _position - _valueLength;

    /// <summary>Finds the first TLV of a type.</summary>
    /// <param name="area">The TLVs.</param>
    /// <param name="type">The type.</param>
    /// <param name="value">The value of the TLV; empty if there is none.</param>
    /// <returns>Whether there is a TLV of the type.</returns>
    public static bool TryFind(ReadOnlySpan<byte> area, ProxyTlvType type, out ReadOnlySpan<byte> value)
    {
        foreach (var tlv in new ProxyTlvReader(area))
        {
            if (tlv.Type == type)
            {
                value = tlv.Value;
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>Goes on to the next TLV.</summary>
    /// <returns>False at the end of the area, or at a TLV that does not fit into it.</returns>
    public bool MoveNext()
    {
        var rest = _area[_position..];
        if (rest.IsEmpty)
        {
            return false;
        }

        if (rest.Length < ProxyTlv.PrefixLength)
        {
            IsMalformed = true;
            return false;
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(rest[1..]);
        if (length > rest.Length - ProxyTlv.PrefixLength)
        {
            IsMalformed = true;
            return false;
        }

        _valueLength = length;
        _position += ProxyTlv.PrefixLength + length;
        return true;
    }

    /// <summary>For <c>foreach</c>: a copy that begins at the current position.</summary>
    public readonly ProxyTlvReader GetEnumerator() => this;
}
