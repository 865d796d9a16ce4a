namespace Gateway.ProxyProtocol;

/// <summary>A set of TLV types: which of a header's TLVs are passed on. Immutable; one per route.</summary>
public sealed class ProxyTlvSet
{
    private readonly bool[] _types = new bool[256];

    /// <summary>The set of the given types.</summary>
    public ProxyTlvSet(IEnumerable<byte> types)
    {
        ArgumentNullException.ThrowIfNull(types);
        foreach (var type in types)
        {
            _types[type] = true;
        }
    }

    /// <summary>Every type.</summary>
    public static ProxyTlvSet All { get; } = new(Enumerable.Range(0, 256).Select(static type => (byte)type));

    /// <summary>No type.</summary>
    public static ProxyTlvSet None { get; } = new([]);

    /// <summary>Whether a type belongs to the set.</summary>
    public bool Contains(ProxyTlvType type) => _types[(byte)type];

    /// <summary>The set without the given types.</summary>
    public ProxyTlvSet Except(IEnumerable<byte> types)
    {
        ArgumentNullException.ThrowIfNull(types);
        var without = new ProxyTlvSet([]);
        _types.CopyTo(without._types, 0);
        foreach (var type in types)
        {
            without._types[type] = false;
        }

        return without;
    }

    /// <summary>
    /// Copies the TLVs whose type belongs to the set, byte for byte and in order. A CRC32C TLV is left out always: it would not match the
    /// new header, and the writer makes its own.
    /// </summary>
    /// <param name="tlvs">A well-formed area.</param>
    /// <param name="destination">At least as long as <paramref name="tlvs"/>.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public int Copy(ReadOnlySpan<byte> tlvs, Span<byte> destination)
    {
        var written = 0;
        foreach (var tlv in new ProxyTlvReader(tlvs))
        {
            if (Contains(tlv.Type) && tlv.Type != ProxyTlvType.Crc32c)
            {
                written += ProxyTlvWriter.Write(destination[written..], tlv.Type, tlv.Value);
            }
        }

        return written;
    }
}
