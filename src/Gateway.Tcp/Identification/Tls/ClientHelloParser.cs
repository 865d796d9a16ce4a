namespace Gateway.Tcp.Identification.Tls;

/// <summary>
/// Reads the body of a ClientHello (RFC 8446, section 4.1.2). The parser refuses a form that OpenSSL, BoringSSL or Go would refuse. Whether
/// the ciphers or groups are acceptable is decided by the TLS server, which may be the backend.
/// </summary>
internal static class ClientHelloParser
{
    private const int RandomLength = 32;
    private const int MaxSessionIdLength = 32;
    private const int MajorVersion = 3;

    // Extension types: RFC 6066, RFC 7301, RFC 8446.
    private const ushort ServerNameType = 0;
    private const ushort AlpnType = 16;
    private const ushort SupportedVersionsType = 43;
    private const ushort SignatureAlgorithmsType = 13;
    private const int Tls13 = 0x0304;

    /// <summary>Reads the message; null if the message is malformed.</summary>
    /// <param name="body">The message without its header, and no bytes after the message.</param>
    /// <param name="error">What was wrong, as one word for logs; null if nothing was wrong.</param>
    public static ClientHello? Parse(ReadOnlySpan<byte> body, out string? error)
    {
        var reader = new WireReader(body);
        error = SkipToExtensions(ref reader, out var legacyVersion, out var cipherSuites);
        if (error is not null)
        {
            return null;
        }

        ReadOnlySpan<byte> extensions = default;
        if (!reader.IsAtEnd && (!reader.TryReadVector16(out extensions) || !reader.IsAtEnd))
        {
            error = "extensions";
            return null;
        }

        error = ReadExtensions(extensions, out var serverName, out var alpn, out var version, out var ecdsa);
        if (error is not null)
        {
            return null;
        }

        // In TLS 1.3 the cipher says nothing about the certificate.
        var highest = version ?? legacyVersion;
        var takesEcdsa = highest >= Tls13 || EcdsaOffer.HasCipher(cipherSuites);
        return new ClientHello(serverName, alpn ?? [], highest, takesEcdsa ? ecdsa : EcdsaCurves.None);
    }

    private static string? SkipToExtensions(ref WireReader reader, out ushort legacyVersion, out ReadOnlySpan<byte> cipherSuites)
    {
        cipherSuites = default;
        if (!reader.TryReadUInt16(out legacyVersion) || legacyVersion >> 8 != MajorVersion)
        {
            return "legacy_version";
        }

        if (!reader.TryRead(RandomLength, out _))
        {
            return "random";
        }

        if (!reader.TryReadVector8(out var sessionId) || sessionId.Length > MaxSessionIdLength)
        {
            return "session_id";
        }

        if (!reader.TryReadVector16(out cipherSuites) || cipherSuites.IsEmpty || cipherSuites.Length % sizeof(ushort) != 0)
        {
            return "cipher_suites";
        }

        return !reader.TryReadVector8(out var compressionMethods) || compressionMethods.IsEmpty ? "compression_methods" : null;
    }

    private static string? ReadExtensions(
        ReadOnlySpan<byte> extensions, out string? serverName, out string[]? alpn, out int? version, out EcdsaCurves ecdsa)
    {
        (serverName, alpn, version, ecdsa) = (null, null, null, EcdsaCurves.None);
        var (hasServerName, hasAlpn, hasVersions) = (false, false, false);
        var reader = new WireReader(extensions);
        while (!reader.IsAtEnd)
        {
            if (!reader.TryReadUInt16(out var type) || !reader.TryReadVector16(out var data))
            {
                return "extension";
            }

            // A second extension of the same type is forbidden. It is refused here, because a backend might use the other one of two names.
            if ((type == ServerNameType && hasServerName)
                || (type == AlpnType && hasAlpn)
                || (type == SupportedVersionsType && hasVersions))
            {
                return "duplicate_extension";
            }

            switch (type)
            {
                case ServerNameType when !ClientHelloExtensions.TryReadServerName(data, out serverName):
                    return "server_name";
                case AlpnType when !ClientHelloExtensions.TryReadAlpn(data, out alpn):
                    return "alpn";
                case SupportedVersionsType when !ClientHelloExtensions.TryReadVersions(data, out version):
                    return "supported_versions";
                case SignatureAlgorithmsType:
                    ecdsa = EcdsaOffer.ReadCurves(data);
                    break;
                default:
                    hasServerName |= type == ServerNameType;
                    hasAlpn |= type == AlpnType;
                    hasVersions |= type == SupportedVersionsType;
                    break;
            }
        }

        return null;
    }
}
