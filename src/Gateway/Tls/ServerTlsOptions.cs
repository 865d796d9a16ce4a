using System.Net.Security;

namespace Gateway.Tls;

/// <summary>The options of one certificate, and what they were made of.</summary>
/// <param name="Pair">The certificate.</param>
/// <param name="Authorities">The CAs of clients.</param>
/// <param name="Options">The options.</param>
internal sealed record ServerTlsOptions(CertificatePair Pair, CertificateAuthorities? Authorities, SslServerAuthenticationOptions Options);
