namespace Gateway.ProxyProtocol;

/// <summary>Words for <see cref="ProxyParseError"/>.</summary>
public static class ProxyParseErrors
{
    /// <summary>A short reason for a log line. It is constant text, and never contains bytes of the peer.</summary>
    public static string Describe(ProxyParseError error) => error switch
    {
        ProxyParseError.None => "no error",
        ProxyParseError.NoSignature => "the first bytes are not a PROXY protocol header",
        ProxyParseError.TooLarge => "the header is longer than the configured limit",
        ProxyParseError.VersionNotAllowed => "this version of the PROXY protocol is not allowed here",
        ProxyParseError.LineTooLong => "no CRLF within the first 107 bytes of a version 1 line",
        ProxyParseError.LoneLineBreak => "a CR without LF or an LF without CR in a version 1 line",
        ProxyParseError.LineProtocol => "the protocol of a version 1 line is not TCP4, TCP6 or UNKNOWN",
        ProxyParseError.FieldMissing => "a version 1 line ends before its last field",
        ProxyParseError.SourceAddress => "the source address of a version 1 line is not an address of its family",
        ProxyParseError.DestinationAddress => "the destination address of a version 1 line is not an address of its family",
        ProxyParseError.SourcePort => "the source port of a version 1 line is not a number from 0 to 65535",
        ProxyParseError.DestinationPort => "the destination port of a version 1 line is not a number from 0 to 65535",
        ProxyParseError.TrailingData => "data after the destination port of a version 1 line",
        ProxyParseError.VersionUnknown => "the version after the binary signature is not 2",
        ProxyParseError.CommandUnknown => "the command is neither LOCAL nor PROXY",
        ProxyParseError.FamilyUnknown => "the address family is undefined",
        ProxyParseError.TransportUnknown => "the transport is undefined",
        ProxyParseError.AddressesTooShort => "the header is too short for the addresses of its family",
        ProxyParseError.TlvMalformed => "the TLVs do not fill their area exactly",
        ProxyParseError.SslTlvMalformed => "the SSL TLV is malformed",
        ProxyParseError.UniqueIdTooLong => "the UNIQUE_ID TLV is longer than 128 bytes",
        ProxyParseError.ChecksumLength => "the CRC32C TLV is not 4 bytes long",
        ProxyParseError.ChecksumRepeated => "more than one CRC32C TLV",
        ProxyParseError.ChecksumMismatch => "the CRC32C checksum does not match",
        _ => "unknown error",
    };
}
