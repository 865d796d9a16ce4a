using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Routing;
using Gateway.Tcp.Tls;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Wire;
using Gateway.Tests.Tcp.Identification.Tls;
using Gateway.Tests.Tcp.Tls;

namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>TLS that ends here, and TLS that begins here, over real sockets, on both engines.</summary>
public sealed class PipelineTlsTests
{
    private static readonly X509Certificate2 Ours = TestCertificates.Of("a.example");
    private static readonly X509Certificate2 Theirs = TestCertificates.Of("backend.example");

    public static TheoryData<TcpEngineKind> Engines => [TcpEngineKind.Portable, TcpEngineKind.Linux];

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_TlsListener_BackendGetsTheBytesInClearAndTheSslTlvs(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        var sourceIp = new SourceIpConfig { Mode = SourceIpMode.ProxyProtocol, SslTlvs = true };
        await using var plane = await TestPlane.StartAsync(
            Model(sourceIp, Cluster(server.Address), Server("postgresql"), policy: Policies.Required),
            engine);
        using var handshakes = plane.Count("gateway.tls.handshakes");
        using var client = await plane.ConnectAsync();
        await client.SendAsync(WireHeader.V2("203.0.113.7:40000", "198.51.100.1:443"));
        await using var tls = await ShakeHandsAsync(client, "a.example", "postgresql");
        await tls.WriteAsync("hello"u8.ToArray());

        using var backend = await server.NextAsync();
        var header = await WireHeader.ReadAsync(backend);
        Assert.Equal("203.0.113.7:40000", header.Source!.ToString());
        Assert.Equal("a.example", Encoding.ASCII.GetString(header.Tlv(0x02)!));
        Assert.Equal("postgresql", Encoding.ASCII.GetString(header.Tlv(0x01)!));
        Assert.True(ProxySslTlv.TryParse(header.Tlv(0x20), out var ssl));
        Assert.Equal(ProxySslClient.Tls, ssl.Client);
        Assert.NotEqual(0u, ssl.Verify);
        Assert.Equal(
            ("TLSv1.3", tls.NegotiatedCipherSuite.ToString(), "ecdsa-with-SHA256", "EC256"),
            (
                Sub(ssl, ProxyTlvType.SslVersion),
                Sub(ssl, ProxyTlvType.SslCipher),
                Sub(ssl, ProxyTlvType.SslSignatureAlgorithm),
                Sub(ssl, ProxyTlvType.SslKeyAlgorithm)));

        Assert.Equal("hello", await backend.ReadTextAsync(5));
        await backend.SendAsync("answer");
        var answer = new byte[6];
        await tls.ReadExactlyAsync(answer);
        Assert.Equal("answer", Encoding.ASCII.GetString(answer));
        await tls.ShutdownAsync();
        client.ShutdownSend();
        Assert.Empty(await backend.ReadToEndAsync());
        backend.Dispose();
        Assert.Equal(0, await tls.ReadAsync(answer));

        var line = await plane.AccessAsync();
        Assert.Equal(("5", "6", "client_fin"), (line["received"], line["sent"], line.Reason));
        Assert.Equal(("a.example", "postgresql", "TLSv1.3", "-"), (line["sni"], line["alpn"], line["tls"], line["cn"]));
        Assert.Contains(Assert.Single(handshakes.GetMeasurementSnapshot()).Tags["result"], (object[])["full", "resumed"]);
    }

    [Theory]
    [InlineData(TcpEngineKind.Portable, true)]
    [InlineData(TcpEngineKind.Linux, true)]
    [InlineData(TcpEngineKind.Linux, false)]
    public async Task Run_HeaderInsideTls_NeverReachesTheBackend(TcpEngineKind engine, bool hasOuterHeader)
    {
        await using var server = RecordingTcpServer.Start();
        var policy = hasOuterHeader ? Policies.Required : Policies.Direct with { TrustedProxies = ["127.0.0.2/32"] };
        await using var plane = await TestPlane.StartAsync(
            Model(Policies.V2, Cluster(server.Address), Server("h2"), policy: policy), engine);
        using var client = await plane.ConnectAsync();
        if (hasOuterHeader)
        {
            await client.SendAsync(WireHeader.V2("203.0.113.7:40000", "198.51.100.1:443"));
        }

        await using var tls = await ShakeHandsAsync(client, "a.example", "h2");
        await tls.WriteAsync(WireHeader.V1("192.0.2.66:1", "198.51.100.1:443"));

        using var backend = await server.NextAsync();
        await WireHeader.ReadAsync(backend);
        Assert.Equal(ConnectionEnd.Reset, await backend.WaitForEndAsync());
        Assert.Equal(hasOuterHeader ? "nested_header" : "untrusted_header", (await plane.AccessAsync()).Reason);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_UnknownName_ClientIsToldSo(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(Model(Policies.None, Cluster(server.Address), Server()), engine);
        using var client = await plane.ConnectAsync();
        await client.SendAsync(Hellos.For("b.example"));

        Assert.Equal(new byte[] { 0x15, 3, 3, 0, 2, 2, 112 }, await client.ReadExactlyAsync(7));
        var line = await plane.AccessAsync();
        Assert.Equal(("tls", "unrecognized_name", "b.example"), (line.Reason, line["detail"], line["sni"]));
    }

    [Theory]
    [InlineData("PING\r\n", "not_tls")]
    [InlineData("", "silent")]
    [InlineData("\u0016\u0003\u0001\u0002", "timeout")]
    public async Task Run_NoHandshake_EndsWithItsReason(string sent, string detail)
    {
        await using var server = RecordingTcpServer.Start();
        var tls = new TestServerTls { HandshakeTimeout = TimeSpan.FromSeconds(1) };
        await using var plane = await TestPlane.StartAsync(Model(Policies.None, Cluster(server.Address), tls), TcpEngineKind.Linux);
        using var client = await plane.ConnectAsync();
        await client.SendAsync(sent);

        Assert.Equal(ConnectionEnd.Reset, await client.WaitForEndAsync());
        var line = await plane.AccessAsync();
        Assert.Equal(("tls", detail), (line.Reason, line["detail"]));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_ClientStopsInTheHandshake_TimesOut(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        var tls = new TestServerTls(("a.example", Options())) { HandshakeTimeout = TimeSpan.FromSeconds(1) };
        await using var plane = await TestPlane.StartAsync(Model(Policies.None, Cluster(server.Address), tls), engine);
        using var handshakes = plane.Count("gateway.tls.handshakes");
        using var client = await plane.ConnectAsync();
        await client.SendAsync(RecordedHellos.All["openssl"]);

        await client.WaitForEndAsync();
        var line = await plane.AccessAsync();
        Assert.Equal("tls", line.Reason);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_NoVersionInCommon_IsNamed(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        var options = Options();
        options.EnabledSslProtocols = SslProtocols.Tls13;
        await using var plane = await TestPlane.StartAsync(
            Model(Policies.None, Cluster(server.Address), new TestServerTls(("a.example", options))), engine);
        using var client = await plane.ConnectAsync();
        await using var tls = new SslStream(new NetworkStream(client.Socket));

        await Assert.ThrowsAnyAsync<Exception>(() =>
            tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "a.example",
                    EnabledSslProtocols = SslProtocols.Tls12,
                    RemoteCertificateValidationCallback = Any,
                }));
        var line = await plane.AccessAsync();
        Assert.Equal(("tls", "unsupported_protocol"), (line.Reason, line["detail"]));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_ClusterWithTls_HeaderInClearThenTls(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(
            Model(Policies.V1, Cluster(server.Address), clients: new TestClientTls(Theirs, "backend.example"), policy: Policies.Required),
            engine);
        using var client = await plane.ConnectAsync();
        await client.SendAsync((byte[])[.. WireHeader.V2("203.0.113.7:40000", "198.51.100.1:443"), .. "hello"u8]);

        using var backend = await server.NextAsync();
        var header = await WireHeader.ReadAsync(backend);
        Assert.Equal("203.0.113.7:40000", header.Source!.ToString());
        await using var tls = new SslStream(new NetworkStream(backend.Socket));
        await tls.AuthenticateAsServerAsync(Options(Theirs));
        Assert.Equal("backend.example", tls.TargetHostName);
        var hello = new byte[5];
        await tls.ReadExactlyAsync(hello);
        Assert.Equal("hello", Encoding.ASCII.GetString(hello));
        await tls.WriteAsync("answer"u8.ToArray());
        Assert.Equal("answer", await client.ReadTextAsync(6));
        client.ShutdownSend();
        Assert.Equal(0, await tls.ReadAsync(hello));
        await tls.ShutdownAsync();
        backend.Dispose();
        Assert.Empty(await client.ReadToEndAsync());

        var line = await plane.AccessAsync();
        Assert.Equal(("5", "6", "client_fin"), (line["received"], line["sent"], line.Reason));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_CertificateThatIsNotTaken_NextDestinationIsTried(TcpEngineKind engine)
    {
        await using var wrong = RecordingTcpServer.Start();
        await using var right = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(
            Model(Policies.None, Cluster(wrong.Address, right.Address), clients: new TestClientTls(Theirs, "backend.example")), engine);
        var refused = Peers.ServeAsync(wrong, static backend => AnswerAsync(backend, Ours));
        var taken = Peers.ServeAsync(right, static backend => AnswerAsync(backend, Theirs));

        // The first connection or the second begins with the wrong destination: they take turns.
        for (var i = 0; i < 2; i++)
        {
            using var client = await plane.ConnectAsync();
            await client.SendAsync("hello");
            Assert.Equal("answer", await client.ReadTextAsync(6));
        }

        var details = new[] { (await plane.AccessAsync(0))["detail"], (await plane.AccessAsync(1))["detail"] };
        Assert.Single(details, static detail => detail.Contains("tls:untrusted", StringComparison.Ordinal));
        await wrong.DisposeAsync();
        await right.DisposeAsync();
        await Task.WhenAll(refused, taken);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_NoCertificateIsTaken_IsBackendTls(TcpEngineKind engine)
    {
        await using var wrong = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(
            Model(Policies.None, Cluster(wrong.Address), clients: new TestClientTls(Theirs, "backend.example")), engine);
        var refused = Peers.ServeAsync(wrong, static backend => AnswerAsync(backend, Ours));

        // It may end before the connect has returned.
        Assert.Equal(ConnectionEnd.Reset, await plane.ConnectToTheEndAsync());
        var line = await plane.AccessAsync();
        Assert.Equal("backend_tls", line.Reason);
        Assert.Contains("tls:untrusted", line["detail"], StringComparison.Ordinal);
        await wrong.DisposeAsync();
        await refused;
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_ClientEndsWithoutCloseNotify_BackendGetsAllAndItIsNamed(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(Model(Policies.None, Cluster(server.Address), Server("h2")), engine);
        using var client = await plane.ConnectAsync();
        await using var tls = await ShakeHandsAsync(client, "a.example", "h2");
        await tls.WriteAsync("hello"u8.ToArray());
        client.ShutdownSend();

        using var backend = await server.NextAsync();
        Assert.Equal("hello", Encoding.ASCII.GetString(await backend.ReadToEndAsync()));
        backend.Dispose();
        var line = await plane.AccessAsync();
        Assert.Equal(("client_fin", "client_no_close_notify"), (line.Reason, line["detail"]));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_ClientSendsWhatIsNoTls_IsNamed(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(Model(Policies.None, Cluster(server.Address), Server("h2")), engine);
        using var client = await plane.ConnectAsync();
        await using var tls = await ShakeHandsAsync(client, "a.example", "h2");
        await tls.WriteAsync("hello"u8.ToArray());
        using var backend = await server.NextAsync();
        Assert.Equal("hello", await backend.ReadTextAsync(5));

        await client.SendAsync("This is no TLS record.");

        Assert.Equal(ConnectionEnd.Reset, await backend.WaitForEndAsync());
        var line = await plane.AccessAsync();
        Assert.Equal("client_reset", line.Reason);
        Assert.StartsWith("client_tls(", line["detail"], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_ClientEndsWithinARecord_IsNamedAsACut(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(Model(Policies.None, Cluster(server.Address), Server("h2")), engine);
        using var client = await plane.ConnectAsync();
        await using var tls = await ShakeHandsAsync(client, "a.example", "h2");
        await tls.WriteAsync("hello"u8.ToArray());
        using var backend = await server.NextAsync();
        Assert.Equal("hello", await backend.ReadTextAsync(5));

        // The header of a record of application data, whose 256 bytes never come.
        await client.SendAsync(new byte[] { 0x17, 0x03, 0x03, 0x01, 0x00, 0x42 });
        client.ShutdownSend();

        Assert.Equal(ConnectionEnd.Reset, await backend.WaitForEndAsync());
        var line = await plane.AccessAsync();
        Assert.Equal(("client_reset", "client_no_close_notify"), (line.Reason, line["detail"]));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_BackendSendsWhatIsNoTls_IsNamed(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(
            Model(Policies.None, Cluster(server.Address), Server("h2"), new TestClientTls(Theirs, "backend.example")), engine);
        using var client = await plane.ConnectAsync();
        await using var tls = await ShakeHandsAsync(client, "a.example", "h2");
        using var backend = await server.NextAsync();
        await using var theirs = new SslStream(new NetworkStream(backend.Socket));
        await theirs.AuthenticateAsServerAsync(Options(Theirs));
        await theirs.WriteAsync("answer"u8.ToArray());
        await tls.ReadExactlyAsync(new byte[6]);

        await backend.SendAsync("This is no TLS record.");

        Assert.Equal(ConnectionEnd.Reset, await backend.WaitForEndAsync());
        var line = await plane.AccessAsync();
        Assert.Equal("backend_reset", line.Reason);
        Assert.StartsWith("backend_tls(", line["detail"], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_BackendEndsWithoutCloseNotify_ClientGetsNoneEither(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(
            Model(Policies.None, Cluster(server.Address), Server("h2"), new TestClientTls(Theirs, "backend.example")), engine);
        using var client = await plane.ConnectAsync();
        await using var tls = await ShakeHandsAsync(client, "a.example", "h2");
        using var backend = await server.NextAsync();
        await using var theirs = new SslStream(new NetworkStream(backend.Socket));
        await theirs.AuthenticateAsServerAsync(Options(Theirs));
        await theirs.WriteAsync("answer"u8.ToArray());
        backend.ShutdownSend();

        await tls.ReadExactlyAsync(new byte[6]);
        Assert.Equal(0, await tls.ReadAsync(new byte[1]));
        Assert.False(client.Socket.Poll(0, SelectMode.SelectError));
        await tls.ShutdownAsync();
        client.Dispose();
        var line = await plane.AccessAsync();
        Assert.Equal(("backend_fin", "backend_no_close_notify"), (line.Reason, line["detail"]));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_ClientEndsAndLeaves_IsNoReset(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(Model(Policies.None, Cluster(server.Address), Server("h2")), engine);
        using var client = await plane.ConnectAsync();
        await using var tls = await ShakeHandsAsync(client, "a.example", "h2");
        await tls.WriteAsync("hello"u8.ToArray());
        using var backend = await server.NextAsync();
        Assert.Equal("hello", await backend.ReadTextAsync(5));
        await backend.SendAsync("answer");
        // With it the session's tickets: whoever closes with bytes unread resets.
        await tls.ReadExactlyAsync(new byte[6]);
        await tls.ShutdownAsync();
        client.Dispose();

        Assert.Empty(await backend.ReadToEndAsync());
        backend.Dispose();
        Assert.Equal("client_fin", (await plane.AccessAsync()).Reason);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_BackendSpeaksNoTls_IsNamed(TcpEngineKind engine)
    {
        await using var plain = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(
            Model(Policies.None, Cluster(plain.Address), clients: new TestClientTls(Theirs, "backend.example")), engine);
        var answering = Peers.ServeAsync(plain, static backend => backend.SendAsync("-ERR unknown command\r\n"));

        // It may end before the connect has returned.
        Assert.Equal(ConnectionEnd.Reset, await plane.ConnectToTheEndAsync());
        var line = await plane.AccessAsync();
        Assert.Equal("backend_tls", line.Reason);
        Assert.Contains("tls:not_tls", line["detail"], StringComparison.Ordinal);
        await plain.DisposeAsync();
        await answering;
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_DrainWhileABackendIsSilentInItsHandshake_EndsAtOnce(TcpEngineKind engine)
    {
        await using var silent = RecordingTcpServer.Start();
        var cluster = TestPlane.Cluster(silent.Address) with { ConnectTimeout = TimeSpan.FromMinutes(5) };
        await using var plane = await TestPlane.StartAsync(
            Model(Policies.None, cluster, clients: new TestClientTls(Theirs, "backend.example")),
            engine);
        using var client = await plane.ConnectAsync();
        using var backend = await silent.NextAsync();
        await backend.WaitForFirstByteAsync();

        await plane.Plane.DrainAsync(TimeSpan.Zero).WaitAsync(Eventually.DefaultTimeout);
        Assert.Equal("drain", (await plane.AccessAsync()).Reason);
    }

    // A handshake on a machine that has other work.
    private static TcpClusterConfig Cluster(params string[] addresses) =>
        TestPlane.Cluster(addresses) with { ConnectTimeout = TimeSpan.FromMinutes(1) };

    private static bool Any(object sender, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors) => shown is not null;

    private static string Sub(ProxySslTlv ssl, ProxyTlvType type) =>
        ProxyTlvReader.TryFind(ssl.SubTlvs, type, out var value) ? Encoding.ASCII.GetString(value) : "";

    private static async Task AnswerAsync(TcpPeer backend, X509Certificate2 certificate)
    {
        await using var tls = new SslStream(new NetworkStream(backend.Socket));
        await tls.AuthenticateAsServerAsync(Options(certificate));
        await tls.ReadExactlyAsync(new byte[5]);
        await tls.WriteAsync("answer"u8.ToArray());
        await tls.ShutdownAsync();
    }

    private static async Task<SslStream> ShakeHandsAsync(TcpPeer client, string name, string alpn)
    {
        var tls = new SslStream(new NetworkStream(client.Socket));
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = name,
            ApplicationProtocols = [new SslApplicationProtocol(alpn)],
            RemoteCertificateValidationCallback = Any,
        }).WaitAsync(Eventually.DefaultTimeout);
        return tls;
    }

    private static SslServerAuthenticationOptions Options(X509Certificate2? certificate = null) =>
        new() { ServerCertificateContext = TestCertificates.Context(certificate ?? Ours) };

    private static TestServerTls Server(params string[] alpn)
    {
        var options = Options();
        options.ApplicationProtocols = [.. alpn.Select(static name => new SslApplicationProtocol(name))];
        return new TestServerTls(("a.example", options));
    }

    private static TcpModel Model(
        SourceIpConfig sourceIp,
        TcpClusterConfig cluster,
        IServerTls? server = null,
        IClientTls? clients = null,
        ProxyProtocolConfig? policy = null) =>
        TcpModelBuilder.Build(
            new Dictionary<string, ProxyProtocolConfig?> { ["in"] = policy },
            new TcpProxyConfig
            {
                Routes = new Dictionary<string, TcpRouteConfig>
                {
                    ["r"] = new()
                    {
                        Listener = "in",
                        ClusterId = "c",
                        SourceIp = sourceIp,
                    },
                },
                Clusters = new Dictionary<string, TcpClusterConfig> { ["c"] = cluster },
            },
            new Dictionary<string, IReadOnlyList<string>>(),
            tls: new TlsSections
            {
                Servers = server is null ? new Dictionary<string, IServerTls>() : new Dictionary<string, IServerTls> { ["in"] = server },
                Clients = clients is null ? new Dictionary<string, IClientTls>() : new Dictionary<string, IClientTls> { ["c"] = clients },
            });
}
