using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Tcp.Identification.Tls;

namespace Gateway.Tls;

/// <summary>A certificate with its private key and the intermediates that are sent with it.</summary>
/// <param name="Leaf">The certificate, with its key.</param>
/// <param name="Intermediates">The certificates after the first one in the file.</param>
/// <param name="Names">The DNS names that the certificate is valid for, as written in the certificate.</param>
/// <param name="Content">Tells pairs apart (<see cref="ContentCache{T}.KeyOf"/>).</param>
internal sealed record CertificatePair(
    X509Certificate2 Leaf,
    X509Certificate2Collection Intermediates,
    IReadOnlyList<string> Names,
    string Content)
{
    private const string Reissue = "write certificate and key of one issue";
    private const string Ed25519 = "1.3.101.112";
    private const string Ed448 = "1.3.101.113";

    /// <summary>The curve of the certificate's key; None: the key is not for ECDSA, or has a curve that clients do not name.</summary>
    public EcdsaCurves Curve { get; } = CurveOf(Leaf);

    /// <summary>Parses a certificate and its key.</summary>
    /// <param name="certificates">PEM text: the certificate first, then its intermediates.</param>
    /// <param name="key">PEM text that contains the key.</param>
    public static Parsed<CertificatePair> Parse(string certificates, string key)
    {
        if (!certificates.Contains("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal))
        {
            return Bad(0, "the file has no certificate (-----BEGIN CERTIFICATE-----)");
        }

        if (key.Contains("-----BEGIN ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal)
            || key.Contains("Proc-Type: 4,ENCRYPTED", StringComparison.Ordinal))
        {
            return Bad(1, "the key is encrypted. Write it without a passphrase (openssl pkey), readable for the gateway alone");
        }

        if (!key.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            return Bad(1, "the file has no private key (-----BEGIN PRIVATE KEY-----)");
        }

        var chain = new X509Certificate2Collection();
        try
        {
            chain.ImportFromPem(certificates);
        }
        catch (CryptographicException problem)
        {
            return Bad(0, $"a certificate in the file cannot be read: {problem.Message}");
        }

        if (chain.Count == 0)
        {
            return Bad(0, "the file has no complete certificate");
        }

        if (chain[0].GetKeyAlgorithm() is var kind and (Ed25519 or Ed448))
        {
            return Bad(
                0,
                $"the key of {chain[0].Subject} is for {(kind == Ed448 ? "Ed448" : "Ed25519")}, which .NET cannot use. Issue the "
                    + "certificate for ECDSA (openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256) or RSA");
        }

        try
        {
            var leaf = X509Certificate2.CreateFromPem(certificates, key);
            chain.RemoveAt(0);
            return new Parsed<CertificatePair>(
                new CertificatePair(leaf, chain, NamesOf(leaf), ContentCache<CertificatePair>.KeyOf(certificates, key)));
        }
        catch (Exception problem) when (problem is CryptographicException or ArgumentException or NotSupportedException)
        {
            // The message names both causes, because .NET reports the same for an invalid key and for the key of another certificate.
            return Bad(
                1,
                $"the key is not that of {chain[0].Subject}, which the certificate's file has first, or it is of a kind that is not "
                    + $"supported: {problem.Message} {char.ToUpperInvariant(Reissue[0])}{Reissue[1..]}, RSA or ECDSA");
        }
    }

    /// <summary>
    /// The DNS names of a certificate: its subject alternative names. If the certificate has none, its common name, which RFC 9525 no
    /// longer allows.
    /// </summary>
    public static IReadOnlyList<string> NamesOf(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        if (certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault() is { } names)
        {
            return [.. names.EnumerateDnsNames()];
        }

        var common = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        return common.Length > 0 ? [common] : [];
    }

    private static EcdsaCurves CurveOf(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPublicKey();
        return key?.ExportParameters(includePrivateParameters: false).Curve.Oid?.Value switch
        {
            "1.2.840.10045.3.1.7" => EcdsaCurves.P256,
            "1.3.132.0.34" => EcdsaCurves.P384,
            "1.3.132.0.35" => EcdsaCurves.P521,
            _ => EcdsaCurves.None,
        };
    }

    private static Parsed<CertificatePair> Bad(int file, string problem) => new(null, file, problem);
}
