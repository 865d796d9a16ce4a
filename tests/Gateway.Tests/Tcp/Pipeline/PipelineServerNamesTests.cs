using System.Text;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Routing;
using Gateway.Tcp.Tls;
using Gateway.Testing.Network;
using Gateway.Testing.Wire;
using Gateway.Tests.Tcp.Identification.Tls;

namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>Routes by the names of a ClientHello that is passed through, over real sockets, on both engines.</summary>
public sealed class PipelineServerNamesTests
{
    private static readonly SourceIpConfig None = new() { Mode = SourceIpMode.None };

    private static readonly byte[] SslRequest = [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F];
    private static readonly byte[] GssRequest = [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x30];
    private static readonly byte[] CancelRequest = [0, 0, 0, 16, 0x04, 0xD2, 0x16, 0x2E, 0, 0, 0, 1, 0, 0, 0, 2];

    public static TheoryData<TcpEngineKind> Engines => [TcpEngineKind.Portable, TcpEngineKind.Linux];

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_HelloByteByByte_ReachesItsBackendWhole(TcpEngineKind engine)
    {
        await using var named = RecordingTcpServer.Start();
        await using var other = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(
            Model(new(), ("named", named.Address, ["*.example.com"], [], None), ("other", other.Address, [], [], None)), engine);
        using var client = await plane.ConnectAsync();
        var hello = Hellos.For("db.example.com");
        foreach (var octet in hello)
        {
            await client.SendAsync(new byte[] { octet });
        }

        using var backend = await named.NextAsync();
        Assert.Equal(hello, await backend.ReadExactlyAsync(hello.Length));
        await backend.SendAsync("answer");
        Assert.Equal("answer", await client.ReadTextAsync(6));
        client.Dispose();
        backend.Dispose();

        var line = await plane.AccessAsync();
        Assert.Equal(("named", "db.example.com"), (line["route"], line["sni"]));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_FirstBytesAreNoTls_RouteWithoutNamesTakesThem(TcpEngineKind engine)
    {
        await using var named = RecordingTcpServer.Start();
        await using var other = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(
            Model(new(), ("named", named.Address, ["a.example"], [], None), ("other", other.Address, [], [], None)), engine);
        using var client = await plane.ConnectAsync();
        await client.SendAsync("PING\r\n");

        using var backend = await other.NextAsync();
        Assert.Equal("PING\r\n", await backend.ReadTextAsync(6));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_ServerSpeaksFirst_RouteWithoutNamesIsNotKeptWaiting(TcpEngineKind engine)
    {
        await using var named = RecordingTcpServer.Start();
        await using var other = RecordingTcpServer.Start();
        var hello = new ClientHelloConfig { Timeout = TimeSpan.FromMinutes(5), SilenceWait = TimeSpan.FromMilliseconds(50) };
        await using var plane = await TestPlane.StartAsync(
            Model(hello, ("named", named.Address, ["a.example"], [], None), ("other", other.Address, [], [], None)), engine);
        using var client = await plane.ConnectAsync();

        using var backend = await other.NextAsync();
        await backend.SendAsync("220 ready\r\n");
        Assert.Equal("220 ready\r\n", await client.ReadTextAsync(11));
    }

    [Theory]
    [InlineData("not TLS", "PING\r\n", "not_tls")]
    [InlineData("a ServerHello", "\u0016\u0003\u0001\u0000\u0004\u0002\u0000\u0000\u0000", "broken(not_client_hello)")]
    [InlineData("silent", "", "silent")]
    [InlineData("stops in the middle", "\u0016\u0003\u0001", "timeout")]
    public async Task Run_NoUsableHelloAndNoOtherRoute_EndsWithItsReason(string what, string sent, string detail)
    {
        _ = what;
        await using var named = RecordingTcpServer.Start();
        var hello = new ClientHelloConfig { Timeout = TimeSpan.FromSeconds(1) };
        await using var plane = await TestPlane.StartAsync(
            Model(hello, ("named", named.Address, ["a.example"], [], None)),
            TcpEngineKind.Linux);
        using var client = await plane.ConnectAsync();
        await client.SendAsync(sent);

        Assert.Equal(ConnectionEnd.Reset, await client.WaitForEndAsync());
        var line = await plane.AccessAsync();
        Assert.Equal(("client_hello", detail), (line.Reason, line["detail"]));
    }

    [Fact]
    public async Task Run_ConnectAndClose_IsAHealthCheck()
    {
        await using var named = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(
            Model(new(), ("named", named.Address, ["a.example"], [], None)),
            TcpEngineKind.Linux);
        (await plane.ConnectAsync()).Dispose();

        Assert.Equal("health_check", (await plane.AccessAsync()).Reason);
    }

    [Fact]
    public async Task Run_NameOfNoRoute_IsNoRoute()
    {
        await using var named = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(
            Model(new(), ("named", named.Address, ["a.example"], [], None)),
            TcpEngineKind.Linux);
        using var client = await plane.ConnectAsync();
        await client.SendAsync(Hellos.For("b.example"));

        Assert.Equal(ConnectionEnd.Reset, await client.WaitForEndAsync());
        Assert.Equal("no_route", (await plane.AccessAsync()).Reason);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_HelloBehindHeaderInOneSegment_BackendGetsHeaderWithAuthorityAndAlpn(TcpEngineKind engine)
    {
        await using var named = RecordingTcpServer.Start();
        var sourceIp = new SourceIpConfig { Mode = SourceIpMode.ProxyProtocol, SslTlvs = true };
        await using var plane = await TestPlane.StartAsync(
            Model(new(), Policies.Required, ("named", named.Address, ["a.example"], ["h2"], sourceIp)), engine);
        using var client = await plane.ConnectAsync();
        var hello = Hellos.For("A.Example.", "h2", "http/1.1");
        await client.SendAsync((byte[])[.. WireHeader.V2("203.0.113.7:40000", "198.51.100.1:443"), .. hello]);

        using var backend = await named.NextAsync();
        var header = await WireHeader.ReadAsync(backend);
        Assert.Equal("203.0.113.7:40000", header.Source!.ToString());
        Assert.Equal("a.example", Encoding.ASCII.GetString(header.Tlv(0x02)!));
        Assert.Equal("h2", Encoding.ASCII.GetString(header.Tlv(0x01)!));
        Assert.Equal(hello, await backend.ReadExactlyAsync(hello.Length));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_PostgreSqlAsksForTls_BackendIsAskedToo(TcpEngineKind engine)
    {
        await using var named = RecordingTcpServer.Start();
        var section = new ClientHelloConfig { StartTls = StartTlsProtocol.PostgreSql };
        await using var plane = await TestPlane.StartAsync(Model(section, ("named", named.Address, ["a.example"], [], None)), engine);
        using var client = await plane.ConnectAsync();
        await client.SendAsync(GssRequest);
        Assert.Equal("N", await client.ReadTextAsync(1));
        await client.SendAsync(SslRequest);
        Assert.Equal("S", await client.ReadTextAsync(1));
        var hello = Hellos.For("a.example", "postgresql");
        await client.SendAsync(hello);

        using var backend = await named.NextAsync();
        Assert.Equal(SslRequest, await backend.ReadExactlyAsync(8));
        await backend.SendAsync("S");
        Assert.Equal(hello, await backend.ReadExactlyAsync(hello.Length));
        await backend.SendAsync("answer");
        Assert.Equal("answer", await client.ReadTextAsync(6));
    }

    [Fact]
    public async Task Run_PostgreSqlAsksForGssTwice_IsAnsweredOnce()
    {
        await using var named = RecordingTcpServer.Start();
        var section = new ClientHelloConfig { StartTls = StartTlsProtocol.PostgreSql };
        await using var plane = await TestPlane.StartAsync(
            Model(section, ("named", named.Address, ["a.example"], [], None)),
            TcpEngineKind.Linux);
        using var client = await plane.ConnectAsync();
        await client.SendAsync((byte[])[.. GssRequest, .. GssRequest]);

        Assert.Equal("N", await client.ReadTextAsync(1));
        Assert.Equal(ConnectionEnd.Reset, await client.WaitForEndAsync());
        var line = await plane.AccessAsync();
        Assert.Equal(("client_hello", "not_tls"), (line.Reason, line["detail"]));
    }

    [Theory]
    [InlineData("N", "tls:declined")]
    [InlineData("E", "tls:declined")]
    [InlineData("", "tls:closed")]
    public async Task Run_PostgreSqlDeclinesTls_NextDestinationIsTried(string answer, string why)
    {
        await using var declines = RecordingTcpServer.Start();
        await using var agrees = RecordingTcpServer.Start();
        var section = new ClientHelloConfig { StartTls = StartTlsProtocol.PostgreSql };
        await using var plane = await TestPlane.StartAsync(
            Model(section, ("named", $"{declines.Address} {agrees.Address}", ["a.example"], [], None)), TcpEngineKind.Linux);
        var declining = Peers.ServeAsync(declines, async backend =>
        {
            await backend.ReadExactlyAsync(8);
            await backend.SendAsync(answer);
            if (answer.Length > 0)
            {
                await backend.WaitForEndAsync();
            }
        });
        var agreeing = Peers.ServeAsync(agrees, static async backend =>
        {
            await backend.ReadExactlyAsync(8);
            await backend.SendAsync("S");
            await backend.ReadExactlyAsync(5);
            await backend.SendAsync("answer");
        });

        // The first connection or the second begins with the destination that declines: they take turns.
        for (var i = 0; i < 2; i++)
        {
            using var client = await plane.ConnectAsync();
            await client.SendAsync(SslRequest);
            Assert.Equal("S", await client.ReadTextAsync(1));
            await client.SendAsync(Hellos.For("a.example"));
            Assert.Equal("answer", await client.ReadTextAsync(6));
        }

        var details = new[] { (await plane.AccessAsync(0))["detail"], (await plane.AccessAsync(1))["detail"] };
        Assert.Single(details, detail => detail.Contains(why, StringComparison.Ordinal));
        await declines.DisposeAsync();
        await agrees.DisposeAsync();
        await Task.WhenAll(declining, agreeing);
    }

    [Fact]
    public async Task Run_PostgreSqlCancelRequest_GoesToTheRouteWithoutNames()
    {
        await using var named = RecordingTcpServer.Start();
        await using var other = RecordingTcpServer.Start();
        var section = new ClientHelloConfig { StartTls = StartTlsProtocol.PostgreSql };
        await using var plane = await TestPlane.StartAsync(
            Model(section, ("named", named.Address, ["a.example"], [], None), ("other", other.Address, [], [], None)), TcpEngineKind.Linux);
        using var client = await plane.ConnectAsync();
        await client.SendAsync(CancelRequest);

        using var backend = await other.NextAsync();
        Assert.Equal(CancelRequest, await backend.ReadExactlyAsync(CancelRequest.Length));
    }

    [Fact]
    public async Task Run_PostgreSqlCancelRequestAndNoOtherRoute_IsRefusedByName()
    {
        await using var named = RecordingTcpServer.Start();
        var section = new ClientHelloConfig { StartTls = StartTlsProtocol.PostgreSql };
        await using var plane = await TestPlane.StartAsync(
            Model(section, ("named", named.Address, ["a.example"], [], None)),
            TcpEngineKind.Linux);
        using var client = await plane.ConnectAsync();
        await client.SendAsync(CancelRequest);

        Assert.Equal(ConnectionEnd.Reset, await client.WaitForEndAsync());
        var line = await plane.AccessAsync();
        Assert.Equal(("client_hello", "cancel_request"), (line.Reason, line["detail"]));
    }

    private static TcpModel Model(
        ClientHelloConfig hello, params (string Name, string Addresses, string[] Names, string[] Alpn, SourceIpConfig SourceIp)[] routes) =>
        Model(hello, null, routes);

    private static TcpModel Model(
        ClientHelloConfig hello,
        ProxyProtocolConfig? policy,
        params (string Name, string Addresses, string[] Names, string[] Alpn, SourceIpConfig SourceIp)[] routes) => TcpModelBuilder.Build(
        new Dictionary<string, ProxyProtocolConfig?> { ["in"] = policy },
        new TcpProxyConfig
        {
            Routes = routes.ToDictionary(
                static route => route.Name,
                static route => new TcpRouteConfig
                {
                    Listener = "in",
                    ClusterId = route.Name,
                    SourceIp = route.SourceIp,
                    Match = new TcpRouteMatchConfig { ServerNames = route.Names, Alpn = route.Alpn },
                }),
            Clusters = routes.ToDictionary(static route => route.Name, static route => TestPlane.Cluster(route.Addresses.Split(' '))),
        },
        new Dictionary<string, IReadOnlyList<string>>(),
        tls: new TlsSections { ClientHellos = new Dictionary<string, ClientHelloConfig> { ["in"] = hello } });
}
