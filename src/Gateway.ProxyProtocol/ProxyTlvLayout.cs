namespace Gateway.ProxyProtocol;

/// <summary>The layout of a TLV's value.</summary>
internal enum ProxyTlvLayout : byte
{
    /// <summary>The value cannot be converted from or to text.</summary>
    None,

    /// <summary>Any bytes, for a type by number.</summary>
    Raw,

    /// <summary>A text.</summary>
    Text,

    /// <summary>A sub-type and an id in letters, digits and hyphens.</summary>
    Id,

    /// <summary>A SPIFFE id: <c>spiffe://trust-domain/path</c>.</summary>
    SpiffeId,

    /// <summary>Eight bytes, big endian.</summary>
    BigEndian64,

    /// <summary>A sub-type and four bytes, little endian.</summary>
    LittleEndian32,
}
