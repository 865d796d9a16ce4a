using Gateway.Tcp.Configuration;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Wire;

namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>Access and limits on the derived client. Every connection comes from one load balancer, unless a test says otherwise.</summary>
public sealed class PipelineAdmissionTests
{
    private const string Target = "198.51.100.1:6379";

    public static TheoryData<TcpEngineKind> Engines => [TcpEngineKind.Portable, TcpEngineKind.Linux];

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_ClientInDenyOrOutsideAllow_IsReset(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await StartAsync(engine, server.Address);
        using var rejected = plane.Count("gateway.tcp.connection.rejected");
        plane.Admit(null, new AccessConfig { Allow = ["203.0.113.0/24"], Deny = ["203.0.113.66/32"] });

        using var admitted = await EchoingAsync(plane, "203.0.113.7:1");
        await RefusedAsync(plane, "203.0.113.66:1", "access_denied", "Denied");
        await RefusedAsync(plane, "192.0.2.7:1", "access_denied", "NotAllowed");

        Assert.Equal(
            2,
            rejected.GetMeasurementSnapshot().Where(static one => Equals(one.Tags["reason"], "access_denied"))
                .Sum(static one => one.Value));
        // The warning comes after the access line of the connection.
        const string warning = "Listener in refuses clients: reason=access_denied detail=Denied, last 203.0.113.66:1; 1 since";
        await Eventually.TrueAsync(
            () => plane.Logs.Any(static log => log.Message.Contains(warning, StringComparison.Ordinal)), "a warning");
        Assert.Equal(1, server.Accepted);

        plane.Admit(null);
        using var now = await EchoingAsync(plane, "203.0.113.66:1");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_CallerOutsideTheTrustDomains_IsReset(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await StartAsync(engine, server.Address);
        plane.Admit(null, new AccessConfig { TrustDomains = ["cluster.local"] });

        using var admitted = await plane.ConnectAsync();
        await admitted.SendAsync(WireHeader.V2("203.0.113.7:1", Target, (0xD0, [.. "spiffe://cluster.local/ns/shop/sa/cart"u8])));
        await AssertEchoesAsync(admitted);
        await RefusedAsync(plane, "203.0.113.7:2", "access_denied", "NotInTrustDomain");
        Assert.Equal(1, server.Accepted);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_MoreConnectionsOfAClient_AreRefusedUntilOneEnds(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await StartAsync(engine, server.Address);
        plane.Admit(new() { PerClient = new() { MaxConnections = 2 } });

        var first = await EchoingAsync(plane, "203.0.113.7:1");
        using var second = await EchoingAsync(plane, "203.0.113.7:2");
        await RefusedAsync(plane, "203.0.113.7:3", "client_limit", "MaxConnections");
        using var another = await EchoingAsync(plane, "203.0.113.8:1");
        using var ofNetwork = await EchoingAsync(plane, "[2001:db8::1]:1", "[2001:db8::99]:1");
        using var ofSameNetwork = await EchoingAsync(plane, "[2001:db8::2]:1", "[2001:db8::99]:1");
        await RefusedAsync(plane, "[2001:db8::3]:1", "client_limit", "MaxConnections", "[2001:db8::99]:1");

        // A lower limit ends nobody, and a higher one counts those that are there.
        plane.Admit(new() { PerClient = new() { MaxConnections = 1 } });
        await AssertEchoesAsync(first);
        plane.Admit(new() { PerClient = new() { MaxConnections = 3 } });
        using var third = await EchoingAsync(plane, "203.0.113.7:3");
        await RefusedAsync(plane, "203.0.113.7:4", "client_limit", "MaxConnections");
        first.Dispose();
        await Eventually.TrueAsync(() => plane.Admissions.For("in").Connections == 5, "the place is given back");
        using var fourth = await EchoingAsync(plane, "203.0.113.7:4");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_FasterThanTheRate_IsRefusedUntilTimePasses(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await StartAsync(engine, server.Address);
        plane.Admit(new() { PerClient = new() { ConnectionsPerSecond = 1, Burst = 2 } });

        (await EchoingAsync(plane, "203.0.113.7:1")).Dispose();
        (await EchoingAsync(plane, "203.0.113.7:2")).Dispose();
        await RefusedAsync(plane, "203.0.113.7:3", "client_limit", "ConnectionsPerSecond");
        (await EchoingAsync(plane, "203.0.113.8:1")).Dispose();
        plane.Time.Advance(TimeSpan.FromSeconds(1));
        (await EchoingAsync(plane, "203.0.113.7:3")).Dispose();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_MoreThanTheListenersLimit_AreRefused(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await StartAsync(engine, server.Address);
        plane.Admit(new() { MaxConnections = 2, PerClient = new() { MaxConnections = 2 } });

        var first = await EchoingAsync(plane, "203.0.113.7:1");
        using var second = await EchoingAsync(plane, "203.0.113.8:1");
        await RefusedAsync(plane, "203.0.113.9:1", "listener_limit", "-");
        first.Dispose();
        await Eventually.TrueAsync(() => plane.Admissions.For("in").Connections == 1, "the place is given back");
        using var third = await EchoingAsync(plane, "203.0.113.9:1");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_TheLoadBalancerItself_IsNoClient(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await StartAsync(engine, server.Address);
        plane.Admit(new() { MaxConnections = 4, PerClient = new() { MaxConnections = 1, ConnectionsPerSecond = 0.001, Burst = 1 } });

        var held = new List<TcpPeer>();
        byte[][] headers = [WireHeader.V2Local(), "PROXY UNKNOWN\r\n"u8.ToArray(), WireHeader.V2Local(), WireHeader.V2Local()];
        foreach (var header in headers)
        {
            var peer = await plane.ConnectAsync();
            await peer.SendAsync(header);
            await AssertEchoesAsync(peer);
            held.Add(peer);
        }

        await RefusedAsync(plane, "203.0.113.7:1", "listener_limit", "-");
        held.ForEach(static peer => peer.Dispose());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_NoPolicy_TheSocketNamesTheClient(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, server.Address), engine);
        plane.Admit(new() { PerClient = new() { MaxConnections = 1 } });

        using var one = await plane.ConnectAsync("127.0.0.2");
        await AssertEchoesAsync(one);
        using var other = await plane.ConnectAsync("127.0.0.3");
        await AssertEchoesAsync(other);
        Assert.Equal(ConnectionEnd.Reset, await plane.ConnectToTheEndAsync("127.0.0.2"));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_MoreThanTheRoutesLimit_AreRefusedAlsoAfterAReload(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.StartEcho();
        var model = RouteModel(2);
        await using var plane = await TestPlane.StartAsync(model, engine);
        using var rejected = plane.Count("gateway.tcp.connection.rejected");

        var first = await EchoingAsync(plane, "203.0.113.7:1");
        using var second = await EchoingAsync(plane, "203.0.113.7:2");
        await RefusedAsync(plane, "203.0.113.7:3", "route_limit", "-");
        Assert.Equal(
            1,
            rejected.GetMeasurementSnapshot().Where(static one => Equals(one.Tags["reason"], "route_limit"))
                .Sum(static one => one.Value));

        plane.Plane.Update(model = RouteModel(1, model));
        await AssertEchoesAsync(first);
        first.Dispose();
        await plane.AccessAsync(1);
        await RefusedAsync(plane, "203.0.113.7:3", "route_limit", "-");
        plane.Plane.Update(RouteModel(2, model));
        using var third = await EchoingAsync(plane, "203.0.113.7:3");
        await RefusedAsync(plane, "203.0.113.7:4", "route_limit", "-");

        Gateway.Tcp.Routing.TcpModel RouteModel(int most, Gateway.Tcp.Routing.TcpModel? before = null) => TestPlane.Model(
            Policies.Required, Policies.None, TestPlane.Cluster(server.Address), before: before, limits: new() { MaxConnections = most });
    }

    /// <summary>Whatever ends a connection, its places are given back, and its client is forgotten.</summary>
    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_ConnectionsThatFail_GiveTheirPlacesBack(TcpEngineKind engine)
    {
        var nobody = $"127.0.0.1:{FreePorts.Next()}";
        var model = TestPlane.Model(
            Policies.Required, Policies.None, TestPlane.Cluster(nobody), limits: new() { MaxConnections = 5 });
        await using var plane = await TestPlane.StartAsync(model, engine);
        plane.Admit(new() { MaxConnections = 5, PerClient = new() { MaxConnections = 5 } });

        for (var round = 0; round < 4; round++)
        {
            var clients = new List<TcpPeer>();
            for (var i = 0; i < 5; i++)
            {
                var client = await plane.ConnectAsync();
                await client.SendAsync((byte[])[.. WireHeader.V2("203.0.113.7:1", Target), .. "hello"u8]);
                clients.Add(client);
            }

            await plane.AccessAsync((round * 5) + 4);
            clients.ForEach(static client => client.Dispose());
        }

        Assert.All(
            plane.Logs.Where(static log => log.Category == "Gateway.Access"),
            static log => Assert.Equal("backend_connect_failed", new AccessLine(log.Message).Reason));
        Assert.Equal((0, 0), (plane.Admissions.For("in").Connections, plane.Admissions.For("in").Clients));
        Assert.Equal(0, model.Listeners["in"].Routes[0].Connections.Count);
    }

    private static Task<TestPlane> StartAsync(TcpEngineKind engine, string backend) =>
        TestPlane.StartAsync(TestPlane.Model(Policies.Required, Policies.None, backend), engine);

    private static async Task<TcpPeer> EchoingAsync(TestPlane plane, string client, string target = Target)
    {
        var peer = await plane.ConnectAsync();
        await peer.SendAsync(WireHeader.V2(client, target));
        await AssertEchoesAsync(peer);
        return peer;
    }

    private static async Task AssertEchoesAsync(TcpPeer peer)
    {
        await peer.SendAsync("echo");
        Assert.Equal("echo", await peer.ReadTextAsync(4));
    }

    private static async Task RefusedAsync(TestPlane plane, string client, string reason, string detail, string target = Target)
    {
        using var peer = await plane.ConnectAsync();
        await peer.SendAsync(WireHeader.V2(client, target));
        Assert.Equal(ConnectionEnd.Reset, await peer.WaitForEndAsync());
        var line = await Eventually.GetAsync(
            () => Task.FromResult(plane.Logs.Where(static log => log.Category == "Gateway.Access")
                .Select(static log => new AccessLine(log.Message))
                .LastOrDefault(line => line["client"] == client && line.Reason == reason)),
            static line => line is not null,
            $"{client} {reason}");
        Assert.Equal(detail, line!["detail"]);
    }
}
