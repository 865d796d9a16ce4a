using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;

namespace Gateway.FunctionalTests.Examples;

/// <summary>TLS of the examples: certificates in place of the files that they name, and both ends of a connection.</summary>
internal sealed class ExampleTls : IDisposable
{
    /// <summary>The common name of the client's certificate.</summary>
    public const string ClientName = "example-client";

    /// <summary>The server name where an example does not ask for one.</summary>
    public const string DefaultName = "gateway.example.com";

    private static readonly byte[] SslRequest = [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F];

    private readonly TestAuthority _authority = new("Example CA");
    private readonly TestCertificate _server;
    private readonly X509Certificate2 _clientCertificate;
    private readonly X509Certificate2 _root;

    public ExampleTls()
    {
        _server = _authority.Issue("server", DefaultName, "*.example.com", "*.db.example.com", "*.redis.example.com");
        _clientCertificate = Load(_authority.Issue(ClientName));
        _root = X509Certificate2.CreateFromPem(_authority.Pem);
    }

    /// <summary>Writes the files that listeners name, and names these instead.</summary>
    public void Place(JsonNode listener, TemporaryFolder folder)
    {
        if (listener["Tls"] is not JsonObject tls)
        {
            return;
        }

        foreach (var (name, pair) in tls["Certificates"]!.AsObject())
        {
            pair!["Path"] = folder.Write($"{name}.crt", _server.Certificate);
            pair["KeyPath"] = folder.Write($"{name}.key", _server.Key);
        }

        if (tls["ClientCertificates"] is JsonObject clients)
        {
            clients["CaPath"] = folder.Write("clients.crt", _authority.Pem);
        }
    }

    /// <summary>A client for an Https listener.</summary>
    /// <param name="hasCertificate">Whether it shows a certificate.</param>
    public HttpClient CreateHttpClient(bool hasCertificate)
    {
        var client = new HttpClient(new SocketsHttpHandler { SslOptions = ClientOptions(DefaultName, hasCertificate) });
        client.DefaultRequestHeaders.Host = DefaultName;
        return client;
    }

    /// <summary>TLS from a client to a backend, as PostgreSQL's clients ask for it if that is how it begins there.</summary>
    /// <param name="client">The client's connection.</param>
    /// <param name="name">The server name that it asks for.</param>
    /// <param name="startTls">The listener's StartTls.</param>
    /// <param name="accept">The backend's connection, up to its first byte of payload.</param>
    public async Task CarryAsync(TcpPeer client, string name, string? startTls, Func<Task<TcpPeer>> accept)
    {
        if (startTls == "PostgreSql")
        {
            await client.SendAsync(SslRequest);
            Assert.Equal("S", await client.ReadTextAsync(1));
        }

        await using var theirs = new SslStream(new NetworkStream(client.Socket));
        var greeting = theirs.AuthenticateAsClientAsync(ClientOptions(name, hasCertificate: false));
        using var accepted = await accept();
        if (startTls == "PostgreSql")
        {
            Assert.Equal(SslRequest, await accepted.ReadExactlyAsync(SslRequest.Length));
            await accepted.SendAsync("S");
        }

        using var certificate = Load(_server);
        await using var ours = new SslStream(new NetworkStream(accepted.Socket));
        await ours.AuthenticateAsServerAsync(certificate);
        await greeting;
        Assert.Equal(name, ours.TargetHostName);
        await theirs.WriteAsync("hello"u8.ToArray());
        Assert.Equal("hello", await ReadAsync(ours, 5));
        await ours.WriteAsync("answer"u8.ToArray());
        Assert.Equal("answer", await ReadAsync(theirs, 6));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _authority.Dispose();
        _clientCertificate.Dispose();
        _root.Dispose();
    }

    private SslClientAuthenticationOptions ClientOptions(string name, bool hasCertificate) => new()
    {
        TargetHost = name,
        ClientCertificates = hasCertificate ? [_clientCertificate] : null,
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { _root },
            RevocationMode = X509RevocationMode.NoCheck,
        },
    };

    private static X509Certificate2 Load(TestCertificate pair) => X509Certificate2.CreateFromPem(pair.Certificate, pair.Key);

    private static async Task<string> ReadAsync(SslStream stream, int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes);
        return Encoding.ASCII.GetString(bytes);
    }
}
