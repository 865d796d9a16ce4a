namespace Gateway.Tcp.Identification.Tls;

/// <summary>
/// Reads from a ClientHello whether the client takes an ECDSA certificate. What is malformed counts as no: the TLS server decides whether
/// it refuses the message, and an RSA certificate is taken by every client.
/// </summary>
internal static class EcdsaOffer
{
    // RFC 8446, section 4.2.3. In TLS 1.2 the same numbers name the hash alone, but clients offer them for the curves that they know.
    private const ushort Secp256r1Sha256 = 0x0403;
    private const ushort Secp384r1Sha384 = 0x0503;
    private const ushort Secp521r1Sha512 = 0x0603;

    /// <summary>Reads the extension signature_algorithms.</summary>
    public static EcdsaCurves ReadCurves(ReadOnlySpan<byte> data)
    {
        var curves = EcdsaCurves.None;
        if (new WireReader(data).TryReadVector16(out var list))
        {
            var entries = new WireReader(list);
            while (entries.TryReadUInt16(out var algorithm))
            {
                curves |= algorithm switch
                {
                    Secp256r1Sha256 => EcdsaCurves.P256,
                    Secp384r1Sha384 => EcdsaCurves.P384,
                    Secp521r1Sha512 => EcdsaCurves.P521,
                    _ => EcdsaCurves.None,
                };
            }
        }

        return curves;
    }

    /// <summary>Whether one of the cipher suites is for TLS 1.2 with an ECDSA certificate.</summary>
    public static bool HasCipher(ReadOnlySpan<byte> cipherSuites)
    {
        var suites = new WireReader(cipherSuites);
        while (suites.TryReadUInt16(out var suite))
        {
            // TLS_ECDHE_ECDSA_WITH_… of AES in CBC, GCM and CCM, and of ChaCha20-Poly1305 (RFC 8422, 5289, 7251, 7905).
            if (suite is 0xC009 or 0xC00A or 0xC023 or 0xC024 or 0xC02B or 0xC02C or (>= 0xC0AC and <= 0xC0AF) or 0xCCA9)
            {
                return true;
            }
        }

        return false;
    }
}
