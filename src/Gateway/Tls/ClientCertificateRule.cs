using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration;
using Gateway.Tcp.Tls;

namespace Gateway.Tls;

/// <summary>Which certificates of clients one listener takes.</summary>
internal sealed class ClientCertificateRule(ClientCertificateMode mode, CertificateAuthorities authorities, TimeProvider time)
{
    /// <summary>Judges a client's certificate; the handshake has built its chain.</summary>
    public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null && mode == ClientCertificateMode.Optional)
        {
            return true;
        }

        var problem = CertificateVerdict.Of(certificate, chain, errors);
        if (problem is null
            && chain is not null
            && authorities.Revocations?.Refuse(chain.ChainElements, time.GetUtcNow()) is { } revoked)
        {
            problem = new CertificateProblem(revoked.Word, revoked.Detail);
        }

        if (problem is not null && sender is TlsStream stream)
        {
            stream.Problem = problem;
        }

        return problem is null;
    }
}
