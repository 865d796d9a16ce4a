using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration;
using Gateway.Tcp.Tls;

namespace Gateway.Tls;

/// <summary>Decides which client certificates a listener accepts.</summary>
internal sealed class ClientCertificateRule(
    ClientCertificateMode mode, CertificateAuthorities authorities, KnownIntermediates intermediates, TimeProvider time)
{
    /// <summary>Checks a client's certificate, after the handshake has built its chain.</summary>
    public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null && mode == ClientCertificateMode.Optional)
        {
            return true;
        }

        var stream = sender as TlsStream;
        var problem = Judge(certificate, chain, errors);
        if (problem is null && chain is not null)
        {
            intermediates.Remember(chain);
        }
        else if (errors == SslPolicyErrors.RemoteCertificateChainErrors
            && certificate is X509Certificate2 leaf
            && chain is not null
            && stream is { IsResumed: true })
        {
            using var again = intermediates.Extend(chain);
            problem = Judge(leaf, again, again.Build(leaf) ? SslPolicyErrors.None : errors);
        }

        stream?.Problem = problem;
        return problem is null;
    }

    private CertificateProblem? Judge(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        CertificateVerdict.Of(certificate, chain, errors)
            ?? (chain is not null && authorities.Revocations?.Refuse(chain.ChainElements, time.GetUtcNow()) is { } revoked
                ? new CertificateProblem(revoked.Word, revoked.Detail)
                : null);
}
