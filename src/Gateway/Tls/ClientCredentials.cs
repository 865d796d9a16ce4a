using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tls;

/// <summary>The certificate and the trusted CAs of a TLS client.</summary>
/// <param name="Certificate">The certificate that is sent when the server asks for one; null: none.</param>
/// <param name="Authorities">The trusted CAs; null: the CAs of the system.</param>
internal sealed record ClientCredentials(SslStreamCertificateContext? Certificate, CertificateAuthorities? Authorities)
{
    /// <summary>Writes the credentials into the options of a handshake.</summary>
    public void Apply(SslClientAuthenticationOptions options)
    {
        options.ClientCertificateContext = Certificate;
        options.CertificateChainPolicy = Authorities?.CreatePolicy()
            // Downloads during a handshake are off. They are not needed, because destinations send their intermediates (RFC 8446, 4.4.2).
            ?? new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
    }
}
