namespace Gateway.ProxyProtocol;

/// <summary>One TLV: a view into the header.</summary>
public readonly ref struct ProxyTlv
{
    internal ProxyTlv(ProxyTlvType type, ReadOnlySpan<byte> value)
    {
        Type = type;
        Value = value;
    }

    /// <summary>The number of bytes in front of each value: 1 for the type, 2 for the length.</summary>
    public const int PrefixLength = 3;

    /// <summary>The type. Not every number has a name.</summary>
    public ProxyTlvType Type { get; }

    /// <summary>The value, byte for byte as received.</summary>
    public ReadOnlySpan<byte> Value { get; }
}
