using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tls;

/// <summary>CAs whose certificates are taken, and which of them these CAs have revoked.</summary>
/// <param name="Certificates">The CAs.</param>
/// <param name="Revocations">Their lists; null: none is looked at.</param>
/// <param name="Content">Tells them apart.</param>
internal sealed record CertificateAuthorities(X509Certificate2Collection Certificates, RevocationLists? Revocations, string Content)
{
    /// <summary>Reads CAs, and lists if there are any.</summary>
    public static Parsed<CertificateAuthorities> Parse(string authorities, string? lists)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(authorities);
        }
        catch (CryptographicException problem)
        {
            return new(null, 0, $"a certificate in the file cannot be read: {problem.Message}");
        }

        if (certificates.Count == 0)
        {
            return new(null, 0, "the file has no certificate (-----BEGIN CERTIFICATE-----)");
        }

        RevocationLists? revocations = null;
        if (lists is not null && RevocationLists.Parse(lists, certificates, out revocations) is { } wrong)
        {
            return new(null, 1, wrong);
        }

        return new(new CertificateAuthorities(certificates, revocations, ContentCache<CertificateAuthorities>.KeyOf(authorities, lists)));
    }

    /// <summary>
    /// How chains are built: up to these CAs and no other. Nothing is downloaded on the way: it would keep a thread of many connections
    /// waiting for a server that a stranger's certificate names.
    /// </summary>
    public X509ChainPolicy CreatePolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(Certificates);
        policy.ExtraStore.AddRange(Certificates);
        return policy;
    }

    /// <summary>What clients are told of whose certificates are taken.</summary>
    public SslCertificateTrust CreateTrust() => SslCertificateTrust.CreateForX509Collection(Certificates, sendTrustInHandshake: true);
}
