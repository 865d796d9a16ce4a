using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tcp.Tls;

/// <summary>
/// Names of TLS versions, ciphers, keys and signatures as OpenSSL writes them. HAProxy and nginx pass on the same names. Each handshake
/// asks for the names of its cipher and of our certificate, so they are kept.
/// </summary>
internal static class TlsNames
{
    // At most as many as OpenSSL has cipher suites: only suites that were agreed on are looked up.
    private static readonly ConcurrentDictionary<TlsCipherSuite, string> Ciphers = new();

    // Weak keys: the names of a certificate go with it.
    private static readonly ConditionalWeakTable<X509Certificate2, CertificateNames> OurCertificates = [];

    /// <summary>A version: <c>TLSv1.3</c>.</summary>
    public static string VersionOf(SslProtocols version) => version switch
    {
        SslProtocols.Tls13 => "TLSv1.3",
        SslProtocols.Tls12 => "TLSv1.2",
        _ => version.ToString(),
    };

    /// <summary>
    /// A cipher suite: <c>ECDHE-ECDSA-AES128-GCM-SHA256</c> for the registered name TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256. OpenSSL uses
    /// the registered names for the cipher suites of TLS 1.3.
    /// </summary>
    public static string CipherOf(TlsCipherSuite suite) => Ciphers.GetOrAdd(suite, NameOf);

    /// <summary>The names of one of our certificates, which many handshakes show.</summary>
    internal static CertificateNames Of(X509Certificate2 certificate) =>
        OurCertificates.GetValue(certificate, static shown => new CertificateNames(KeyOf(shown), SignatureOf(shown)));

    private static string NameOf(TlsCipherSuite suite)
    {
        const string prefix = "TLS_";
        var name = suite.ToString();
        var with = name.IndexOf("_WITH_", StringComparison.Ordinal);
        if (with < 0)
        {
            return name;
        }

        var exchange = name[prefix.Length..with];
        var cipher = name[(with + "_WITH_".Length)..]
            .Replace("AES_", "AES", StringComparison.Ordinal)
            .Replace("_CBC", "", StringComparison.Ordinal)
            .Replace("POLY1305_SHA256", "POLY1305", StringComparison.Ordinal);
        return (exchange == "RSA" ? cipher : $"{exchange}_{cipher}").Replace('_', '-');
    }

    /// <summary>The key of a certificate: <c>RSA2048</c>, <c>EC256</c>; null: another kind.</summary>
    private static string? KeyOf(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        using var rsa = certificate.GetRSAPublicKey();
        if (rsa is not null)
        {
            return string.Create(CultureInfo.InvariantCulture, $"RSA{rsa.KeySize}");
        }

        using var ecdsa = certificate.GetECDsaPublicKey();
        return ecdsa is null ? null : string.Create(CultureInfo.InvariantCulture, $"EC{ecdsa.KeySize}");
    }

    /// <summary>
    /// The algorithm that signed a certificate: <c>RSA-SHA256</c>, <c>ecdsa-with-SHA256</c>; null: this list has no name for the algorithm.
    /// </summary>
    private static string? SignatureOf(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return certificate.SignatureAlgorithm.Value switch
        {
            "1.2.840.113549.1.1.11" => "RSA-SHA256",
            "1.2.840.113549.1.1.12" => "RSA-SHA384",
            "1.2.840.113549.1.1.13" => "RSA-SHA512",
            "1.2.840.113549.1.1.10" => "RSASSA-PSS",
            "1.2.840.10045.4.3.2" => "ecdsa-with-SHA256",
            "1.2.840.10045.4.3.3" => "ecdsa-with-SHA384",
            "1.2.840.10045.4.3.4" => "ecdsa-with-SHA512",
            "1.3.101.112" => "ED25519",
            _ => null,
        };
    }

    /// <summary>The common name of a certificate's subject; null: it has none.</summary>
    public static string? CommonNameOf(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        const string commonName = "2.5.4.3";
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (!part.HasMultipleElements && part.GetSingleElementType().Value == commonName)
            {
                return part.GetSingleElementValue();
            }
        }

        return null;
    }
}
