using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tls;

/// <summary>Trusted CAs, with the lists of the certificates that these CAs have revoked.</summary>
/// <param name="Certificates">The CAs.</param>
/// <param name="Revocations">The revocation lists of the CAs; null: revocation is not checked.</param>
/// <param name="Content">A hash of the files, which tells two sets of CAs apart.</param>
internal sealed record CertificateAuthorities(X509Certificate2Collection Certificates, RevocationLists? Revocations, string Content)
{
    /// <summary>Parses the CAs, and the revocation lists if there are any.</summary>
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
    /// Creates the policy for building certificate chains: a chain must end at one of these CAs. Downloads are off, because a client's
    /// certificate could name any server, and the download would block a thread that serves many connections.
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

    /// <summary>
    /// Creates the list of CAs that the handshake sends to clients, so that a client can choose a certificate of one of them.
    /// </summary>
    public SslCertificateTrust CreateTrust() => SslCertificateTrust.CreateForX509Collection(Certificates, sendTrustInHandshake: true);
}
