using System.Net.Security;

namespace Gateway.Tls;

/// <summary>The handshake options for one certificate, with the certificate and the CAs that they were made from.</summary>
/// <param name="Pair">The certificate.</param>
/// <param name="Authorities">The CAs of clients; null: no client certificate is asked for.</param>
/// <param name="Options">The handshake options.</param>
internal sealed record ServerTlsOptions(CertificatePair Pair, CertificateAuthorities? Authorities, SslServerAuthenticationOptions Options);
