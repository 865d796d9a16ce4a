using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tls;

/// <summary>HTTP clusters with CAs and a client certificate of their own.</summary>
public sealed class HttpClusterTlsTests : IDisposable
{
    private readonly TestAuthority _authority = new("Test CA");
    private readonly TemporaryFolder _folder = new();
    private readonly int _port = FreePorts.Next();

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Backend_AsksForACertificate_GetsTheClustersAndTheNewOneAfterASwap(bool ofEachClient)
    {
        await using var backend = StartBackend();
        var own = new SecretFolder(_authority.Issue("old gateway"));
        var config = Config(backend, own);
        if (ofEachClient)
        {
            config
                .Set("ReverseProxy:Clusters:web:Metadata:SourceIp.Mode", "Transparent")
                .Set("ReverseProxy:Clusters:web:Metadata:SourceIp.Fallback", "None");
        }

        await using var gateway = await GatewayProcess.StartAsync(config);
        using var client = new HttpClient();
        var url = new Uri($"http://127.0.0.1:{_port}/");

        Assert.Equal("CN=old gateway", await client.GetStringAsync(url));
        own.Swap(_authority.Issue("new gateway"));
        await Eventually.TrueAsync(async () => await client.GetStringAsync(url) == "CN=new gateway", "the new certificate");
        own.Dispose();
    }

    [Fact]
    public async Task Backend_OfAnotherCa_IsRefused()
    {
        using var stranger = new TestAuthority("Stranger");
        await using var backend = StartBackend();
        using var own = new SecretFolder(_authority.Issue("gateway"));
        var config = Config(backend, own).Set("ReverseProxy:Clusters:web:Metadata:Tls.CaPath", _folder.Write("stranger.crt", stranger.Pem));
        await using var gateway = await GatewayProcess.StartAsync(config);
        using var client = new HttpClient();

        var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{_port}/"));

        Assert.Equal(System.Net.HttpStatusCode.BadGateway, answer.StatusCode);
        var clusters = await client.GetStringAsync(new Uri($"http://127.0.0.1:{gateway.AdminPort}/api/clusters"));
        Assert.Contains("\"lastError\":\"backend_connect_failed: The remote certificate", clusters, StringComparison.Ordinal);
    }

    private RecordingTcpServer StartBackend()
    {
        var issued = _authority.Issue("localhost", "localhost");
        var context = SslStreamCertificateContext.Create(
            X509Certificate2.CreateFromPem(issued.Certificate, issued.Key),
            null,
            offline: true);
        return RecordingTcpServer.Start(async peer =>
        {
            await using var tls = new SslStream(new System.Net.Sockets.NetworkStream(peer.Socket));
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = context,
                ClientCertificateRequired = true,
                CertificateChainPolicy = _authority.CreatePolicy(),
            });
            using var reader = new StreamReader(tls, Encoding.Latin1, leaveOpen: true);
            while (await reader.ReadLineAsync() is { } line)
            {
                if (line.Length == 0)
                {
                    var subject = tls.RemoteCertificate?.Subject ?? "nobody";
                    await tls.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {subject.Length}\r\n\r\n{subject}"));
                }
            }
        });
    }

    private ConfigFile Config(RecordingTcpServer backend, SecretFolder own) => new ConfigFile().AddHttp("web", _port, backend.Address)
        .Set("ReverseProxy:Clusters:web:Destinations:web-0", new { Address = $"https://localhost:{backend.Port}/" })
        .Set(
            "ReverseProxy:Clusters:web:Metadata",
            new Dictionary<string, string>
            {
                ["Tls.CaPath"] = _folder.Write("ca.crt", _authority.Pem),
                ["Tls.CertificatePath"] = own.CertificatePath,
                ["Tls.KeyPath"] = own.KeyPath,
            });
}
