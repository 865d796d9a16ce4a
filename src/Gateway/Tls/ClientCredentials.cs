using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tls;

/// <summary>What a client of TLS shows and trusts.</summary>
/// <param name="Certificate">The certificate that is shown when asked; null: none.</param>
/// <param name="Authorities">Who is trusted; null: the CAs of the system.</param>
internal sealed record ClientCredentials(SslStreamCertificateContext? Certificate, CertificateAuthorities? Authorities)
{
    /// <summary>Puts them into options.</summary>
    public void Apply(SslClientAuthenticationOptions options)
    {
        options.ClientCertificateContext = Certificate;
        options.CertificateChainPolicy = Authorities?.CreatePolicy()
            // Nothing is downloaded during a handshake; destinations send their intermediates (RFC 8446, 4.4.2).
            ?? new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
    }
}
