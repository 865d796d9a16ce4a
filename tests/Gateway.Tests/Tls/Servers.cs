using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration;
using Gateway.Tcp.Configuration;
using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Tls;

namespace Gateway.Tests.Tls;

/// <summary>Files of certificates, and listeners and clusters that use them.</summary>
internal sealed class Servers : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TestAuthority Authority { get; } = new("Test CA");

    public CertificateStore Store { get; set; } = new(TimeProvider.System);

    public string Write(string name, string text) => _folder.Write(name, text);

    public CertificateConfig Files(string name, TestCertificate certificate) => new()
    {
        Path = Write($"{name}.crt", certificate.Certificate),
        KeyPath = Write($"{name}.key", certificate.Key),
    };

    public ServerTls Server(ListenerTlsConfig tls, ListenerProtocol protocol = ListenerProtocol.Tls, string name = "web") =>
        new(name, new ListenerConfig { Protocol = protocol, Tls = tls }, Store.Contexts, Store.Time);

    public async Task<ServerTls> LoadAsync(ServerTls server)
    {
        var problems = await Store.LoadAsync(new TlsModel { Materials = [server] });
        Assert.Empty(problems);
        return server;
    }

    public SslClientAuthenticationOptions Client(string name, TestCertificate? own = null)
    {
        return new SslClientAuthenticationOptions
        {
            TargetHost = name,
            CertificateChainPolicy = Authority.CreatePolicy(),
            ClientCertificateContext = own is null
                ? null
                : SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(own.Certificate, own.Key), null, offline: true),
        };
    }

    public void Dispose()
    {
        Authority.Dispose();
        _folder.Dispose();
    }
}
