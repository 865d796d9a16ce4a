namespace Gateway.ProxyProtocol;

/// <summary>
/// Why bytes are not an acceptable header: one value per class of error. <see cref="ProxyParseErrors.Describe"/> has the texts for people.
/// </summary>
public enum ProxyParseError : byte
{
    /// <summary>There is no error.</summary>
    None,

    /// <summary>The first bytes are neither <c>PROXY </c> nor version 2's signature.</summary>
    NoSignature,

    /// <summary>
    /// The header is longer than <see cref="ProxyParseOptions.MaxHeaderBytes"/>. For version 2 the first 16 bytes decide this.
    /// </summary>
    TooLarge,

    /// <summary>The options do not allow the version of the signature.</summary>
    VersionNotAllowed,

    /// <summary>V1: no CRLF within 107 bytes, the longest line that the specification allows.</summary>
    LineTooLong,

    /// <summary>V1: a CR without an LF, or an LF without a CR.</summary>
    LoneLineBreak,

    /// <summary>V1: the word after <c>PROXY</c> is not TCP4, TCP6 or UNKNOWN.</summary>
    LineProtocol,

    /// <summary>V1: the line ends before its last field.</summary>
    FieldMissing,

    /// <summary>
    /// V1: the source address is not an address of the line's family in plain form (no leading zeros, zones or brackets).
    /// </summary>
    SourceAddress,

    /// <summary>
    /// V1: the destination address is not an address of the line's family in plain form (no leading zeros, zones or brackets).
    /// </summary>
    DestinationAddress,

    /// <summary>V1: the source port is not a plain decimal number from 0 to 65535.</summary>
    SourcePort,

    /// <summary>V1: the destination port is not a plain decimal number from 0 to 65535.</summary>
    DestinationPort,

    /// <summary>V1: there are bytes between the destination port and the CRLF.</summary>
    TrailingData,

    /// <summary>V2: the version nibble is not 2.</summary>
    VersionUnknown,

    /// <summary>V2: the command is neither LOCAL nor PROXY.</summary>
    CommandUnknown,

    /// <summary>V2: the address family is undefined (4 to 15) in a PROXY header.</summary>
    FamilyUnknown,

    /// <summary>V2: the transport is undefined (3 to 15) in a PROXY header.</summary>
    TransportUnknown,

    /// <summary>V2: the announced length is too short for the family's addresses.</summary>
    AddressesTooShort,

    /// <summary>V2: the TLVs do not fill their area exactly.</summary>
    TlvMalformed,

    /// <summary>V2: an SSL TLV is shorter than 5 bytes, or its sub-TLVs do not fill it exactly.</summary>
    SslTlvMalformed,

    /// <summary>V2: a UNIQUE_ID of more than 128 bytes.</summary>
    UniqueIdTooLong,

    /// <summary>V2: a CRC32C TLV that is not 4 bytes long.</summary>
    ChecksumLength,

    /// <summary>V2: more than one CRC32C TLV.</summary>
    ChecksumRepeated,

    /// <summary>V2: the CRC32C TLV does not match the header.</summary>
    ChecksumMismatch,
}
