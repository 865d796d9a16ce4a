using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tls;

/// <summary>Checks the signatures of revocation lists.</summary>
internal static class CrlSignature
{
    /// <summary>Whether a CA signed a list.</summary>
    /// <param name="signer">The CA.</param>
    /// <param name="signed">The signed bytes: TBSCertList of RFC 5280, section 5.1.</param>
    /// <param name="algorithm">The signature's AlgorithmIdentifier, in DER.</param>
    /// <param name="signature">The signature.</param>
    public static bool Verifies(X509Certificate2 signer, ReadOnlyMemory<byte> signed, ReadOnlyMemory<byte> algorithm, byte[] signature)
    {
        // RFC 5280, 4.2.1.3: if a CA's certificate has a key usage extension, cRLSign must be set for its key to sign lists.
        if (signer.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault() is { } usage
            && !usage.KeyUsages.HasFlag(X509KeyUsageFlags.CrlSign))
        {
            return false;
        }

        var oid = new AsnReader(algorithm, AsnEncodingRules.DER).ReadSequence().ReadObjectIdentifier();
        switch (oid)
        {
            // RFC 4055, section 5: RSA with SHA-256, SHA-384 and SHA-512.
            case "1.2.840.113549.1.1.11" or "1.2.840.113549.1.1.12" or "1.2.840.113549.1.1.13":
                {
                    using var rsa = signer.GetRSAPublicKey();
                    return rsa?.VerifyData(signed.Span, signature, HashOf(oid[^1] - '1'), RSASignaturePadding.Pkcs1) == true;
                }

            // RFC 5758, section 3.2: ECDSA with SHA-256, SHA-384 and SHA-512.
            case "1.2.840.10045.4.3.2" or "1.2.840.10045.4.3.3" or "1.2.840.10045.4.3.4":
                {
                    using var ecdsa = signer.GetECDsaPublicKey();
                    return ecdsa?.VerifyData(signed.Span, signature, HashOf(oid[^1] - '2'), DSASignatureFormat.Rfc3279DerSequence) == true;
                }

            default:
                return false;
        }
    }

    private static HashAlgorithmName HashOf(int number) =>
        number switch
        {
            0 => HashAlgorithmName.SHA256,
            1 => HashAlgorithmName.SHA384,
            _ => HashAlgorithmName.SHA512,
        };
}
