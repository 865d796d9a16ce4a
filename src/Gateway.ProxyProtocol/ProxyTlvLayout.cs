namespace Gateway.ProxyProtocol;

/// <summary>How a TLV's value is laid out.</summary>
internal enum ProxyTlvLayout : byte
{
    /// <summary>No value that a text could show or make.</summary>
    None,

    /// <summary>Any bytes: a type by number.</summary>
    Raw,

    /// <summary>A text.</summary>
    Text,

    /// <summary>A sub-type and an id in letters, digits and hyphens.</summary>
    Id,

    /// <summary>Eight bytes, big endian.</summary>
    BigEndian64,

    /// <summary>A sub-type and four bytes, little endian.</summary>
    LittleEndian32,
}
