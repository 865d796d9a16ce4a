using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Gateway.Tcp.Tls;

namespace Gateway.Tests.Tcp.Tls;

/// <summary>A cluster's TLS that takes one certificate and asks for one name.</summary>
internal sealed class TestClientTls(X509Certificate2 taken, string name) : IClientTls
{
    public SslClientAuthenticationOptions OptionsFor(string host) => new()
    {
        TargetHost = name,
        RemoteCertificateValidationCallback = (stream, shown, _, _) =>
        {
            var isTaken = shown!.GetCertHashString() == taken.GetCertHashString();
            ((TlsStream)stream).Problem = isTaken ? null : new CertificateProblem("untrusted", "another certificate");
            return isTaken;
        },
    };
}
