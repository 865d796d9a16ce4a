using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Gateway.Tcp.Tls;

namespace Gateway.Tls;

/// <summary>Says why the peer's certificate is refused, with a short code for logs and metrics.</summary>
internal static class CertificateVerdict
{
    private const X509ChainStatusFlags NobodyKnown = X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain;

    /// <summary>The problem with the peer's certificate, from the results that the handshake reports; null: there is none.</summary>
    public static CertificateProblem? Of(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            return new CertificateProblem("none", "no certificate was shown");
        }

        if (errors == SslPolicyErrors.None)
        {
            return null;
        }

        var statuses = chain?.ChainStatus ?? [];
        var flags = statuses.Aggregate(X509ChainStatusFlags.NoError, static (all, status) => all | status.Status);
        // Checks trust first, because the other fields of a certificate mean nothing if no trusted CA has signed it.
        if ((flags & NobodyKnown) != 0)
        {
            return new CertificateProblem(
                "untrusted", $"{certificate.Subject} is signed by no CA that is trusted, but by {certificate.Issuer}");
        }

        if (flags.HasFlag(X509ChainStatusFlags.NotTimeValid))
        {
            return new CertificateProblem(
                "expired",
                $"{certificate.Subject}, or a CA above it, is not valid now: from {certificate.GetEffectiveDateString()} to "
                    + certificate.GetExpirationDateString());
        }

        return errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)
            ? new CertificateProblem(
                "invalid", string.Join(", ", statuses.Select(static status => status.StatusInformation.Trim()).Distinct()))
            : new CertificateProblem(
                "name",
                $"{certificate.Subject} is for {string.Join(' ', CertificatePair.NamesOf((X509Certificate2)certificate))}");
    }
}
