using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Gateway.Testing.Certificates;

namespace Gateway.Tests.Tcp.Tls;

/// <summary>Certificates that a test makes for itself, each from an authority of its own.</summary>
internal static class TestCertificates
{
    /// <summary>A certificate for a name.</summary>
    public static X509Certificate2 Of(string name)
    {
        using var authority = new TestAuthority("own");
        var issued = authority.Issue(name, name);
        return X509Certificate2.CreateFromPem(issued.Certificate, issued.Key);
    }

    /// <summary>What a server or a client shows.</summary>
    public static SslStreamCertificateContext Context(X509Certificate2 certificate) =>
        SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
}
