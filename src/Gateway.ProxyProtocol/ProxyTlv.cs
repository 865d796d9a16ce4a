namespace Gateway.ProxyProtocol;

/// <summary>One TLV: a view into the header.</summary>
public readonly ref struct ProxyTlv
{
    internal ProxyTlv(ProxyTlvType type, ReadOnlySpan<byte> value)
    {
        Type = type;
        Value = value;
    }

    /// <summary>The length of type and length in front of each value, in bytes.</summary>
    public const int PrefixLength = 3;

    /// <summary>The type; not every value has a name.</summary>
    public ProxyTlvType Type { get; }

    /// <summary>The value, byte for byte as it came.</summary>
    public ReadOnlySpan<byte> Value { get; }
}
