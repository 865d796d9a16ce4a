using System.Net;
using System.Text;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Routing;
using Gateway.Testing.Network;
using Gateway.Testing.Wire;
using Gateway.Tests.Tcp.Pipeline;

namespace Gateway.Tests.Tcp.SourceIp;

/// <summary>What a connection's TLVs decide and become, and what comes of a header behind a header.</summary>
public sealed class TlvTests
{
    private const string Client = "203.0.113.7:40000";
    private const string Target = "198.51.100.1:6379";
    private const string V1 = "PROXY TCP4 192.0.2.66 192.0.2.1 1 2\r\n";

    private static readonly byte[] Endpoint1 = [1, .. "vpce-1"u8];

    public static TheoryData<TcpEngineKind> Engines => [TcpEngineKind.Portable, TcpEngineKind.Linux];

    public static TheoryData<TcpEngineKind, bool> Nested => new()
    {
        { TcpEngineKind.Portable, false }, { TcpEngineKind.Portable, true }, { TcpEngineKind.Linux, false }, { TcpEngineKind.Linux, true },
    };

    [Fact]
    public void Match_Tlvs_DecideBeforeTheClient()
    {
        var listener = Listener(
            ("any", new TcpRouteMatchConfig()),
            ("client", new TcpRouteMatchConfig { ClientCidrs = ["203.0.113.7/32"] }),
            ("tenant", Match(("AwsVpcEndpointId", ["vpce-2", "vpce-1"]))),
            ("both", Match(("AwsVpcEndpointId", ["vpce-1"]), ("Authority", ["Example.org"]))));

        Assert.Equal("client", listener.Match(Identity())!.Name);
        Assert.Equal("tenant", listener.Match(Identity((0xEA, Endpoint1)))!.Name);
        Assert.Equal("both", listener.Match(Identity((2, "example.ORG"u8.ToArray()), (0xEA, Endpoint1)))!.Name);
        Assert.Equal("client", listener.Match(Identity((0xEA, [1, .. "vpce-11"u8])))!.Name);
        Assert.Equal("client", listener.Match(Identity((0xEA, [2, .. "vpce-1"u8])))!.Name);
        Assert.Equal("client", listener.Match(Identity((0xE9, Endpoint1)))!.Name);
        Assert.Equal("tenant", listener.Match(Identity((0xEA, [9]), (0xEA, Endpoint1)))!.Name);
    }

    [Fact]
    public void Match_RepeatedTlvs_TheFirstOfItsTypeAndSubTypeDecides()
    {
        var listener = Listener(("one", Match(("AwsVpcEndpointId", ["vpce-1"]))), ("host", Match(("Authority", ["example.org"]))), ("raw", Match(("0xE9", ["0x01"]))));

        Assert.Equal("one", listener.Match(Identity((0xEA, Endpoint1), (0xEA, [1, .. "vpce-2"u8])))!.Name);
        Assert.Null(listener.Match(Identity((0xEA, [1, .. "vpce-2"u8]), (0xEA, Endpoint1))));
        Assert.Null(listener.Match(Identity((2, "example.com"u8.ToArray()), (2, "example.org"u8.ToArray()))));
        Assert.Null(listener.Match(Identity((2, []), (2, "example.org"u8.ToArray()))));
        Assert.Null(listener.Match(Identity((0xE9, [2]), (0xE9, [1]))));
    }

    [Fact]
    public void Match_OnlyATlvRoute_NobodyElseHasOne()
    {
        var listener = Listener(("tenant", Match(("GcpPscConnectionId", ["258"]))));

        Assert.Null(listener.Match(Identity()));
        Assert.NotNull(listener.Match(Identity((0xE0, [0, 0, 0, 0, 0, 0, 1, 2]))));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task AddTlvs_Templates_ReplaceWhatIsPassedThrough(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        var sourceIp = Policies.V2 with
        {
            PassThroughTlvs = ["All"],
            AddTlvs = new Dictionary<string, string>
            {
                ["UniqueId"] = "{connection}",
                ["0xE5"] = "{listener}/{route}/{cluster}/{client}",
                ["AzurePrivateLinkId"] = "258",
            },
        };
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required, sourceIp, server.Address), engine);
        using var client = await plane.ConnectAsync();
        await client.SendAsync((byte[])[.. WireHeader.V2(Client, Target, (5, "forged"u8.ToArray()), (0xEA, Endpoint1)), .. "hello"u8]);

        using var backend = await server.NextAsync();
        var header = await WireHeader.ReadAsync(backend);
        Assert.Equal("hello", await backend.ReadTextAsync(5));
        client.Dispose();
        backend.Dispose();
        var line = await plane.AccessAsync();
        Assert.Equal(line["id"], Encoding.ASCII.GetString(header.Tlv(5)!));
        Assert.Matches("^[0-9a-f]{16}-[0-9]+$", line["id"]);
        Assert.Equal("in/r/c/203.0.113.7", Encoding.ASCII.GetString(header.Tlv(0xE5)!));
        Assert.Equal([1, 2, 1, 0, 0], header.Tlv(0xEE)!);
        Assert.Equal(Endpoint1, header.Tlv(0xEA));
        Assert.Single(header.Tlvs, static tlv => tlv.Type == 5);
        Assert.Equal("UniqueId:forged,AwsVpcEndpointId:vpce-1", line["tlvs"]);
    }

    [Fact]
    public async Task AddTlvs_NoTlvsCame_AreSentAlone()
    {
        await using var server = RecordingTcpServer.Start();
        var sourceIp = Policies.V2 with { AddTlvs = new Dictionary<string, string> { ["Authority"] = "{route}.example" } };
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, sourceIp, server.Address));
        using var client = await plane.ConnectAsync();
        using var backend = await server.NextAsync();

        Assert.Equal("r.example", Encoding.ASCII.GetString((await WireHeader.ReadAsync(backend)).Tlv(2)!));
    }

    [Theory]
    [MemberData(nameof(Nested))]
    public async Task NestedHeader_InTheSamePiece_IsNeverDialed(TcpEngineKind engine, bool isV2)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required, Policies.None, server.Address), engine);
        using var client = await plane.ConnectAsync();
        await client.SendAsync((byte[])[.. WireHeader.V2(Client, Target), .. isV2 ? WireHeader.V2("192.0.2.66:1", Target) : Encoding.ASCII.GetBytes(V1)]);

        await client.WaitForEndAsync();
        var line = await plane.AccessAsync();
        Assert.Equal(("proxy_protocol", "NestedHeader"), (line.Reason, line["detail"]));
        Assert.Equal(0, server.Accepted);
    }

    [Theory]
    [MemberData(nameof(Nested))]
    public async Task NestedHeader_AfterTheBackendSpoke_IsStopped(TcpEngineKind engine, bool isV2)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required, Policies.None, server.Address), engine);
        using var client = await plane.ConnectAsync();
        await client.SendAsync(WireHeader.V2(Client, Target));
        using var backend = await server.NextAsync();
        await backend.SendAsync("220 ready\r\n");
        Assert.Equal("220 ready", await client.ReadLineAsync());

        await client.SendAsync(isV2 ? WireHeader.V2("192.0.2.66:1", Target) : Encoding.ASCII.GetBytes(V1));

        Assert.Equal(ConnectionEnd.Reset, await backend.WaitForEndAsync());
        Assert.Empty(backend.Segments);
        var line = await plane.AccessAsync();
        Assert.Equal(("nested_header", "NestedHeader"), (line.Reason, line["detail"]));
    }

    [Theory]
    [MemberData(nameof(Nested))]
    public async Task NestedHeader_ByteByByte_IsStoppedBeforeItsSignatureIsWhole(TcpEngineKind engine, bool isV2)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required, Policies.None, server.Address), engine);
        using var client = await plane.ConnectAsync();
        await client.SendAsync(WireHeader.V2(Client, Target));
        using var backend = await server.NextAsync();
        var signature = isV2 ? WireHeader.V2("192.0.2.66:1", Target)[..12] : Encoding.ASCII.GetBytes(V1)[..6];
        for (var i = 0; i < signature.Length - 1; i++)
        {
            await client.SendAsync(signature.AsMemory(i, 1));
            Assert.Equal(signature[i], (await backend.ReadExactlyAsync(1))[0]);
        }

        await client.SendAsync(signature.AsMemory(signature.Length - 1));

        Assert.Equal(ConnectionEnd.Reset, await backend.WaitForEndAsync());
        Assert.Equal(signature.Length - 1, backend.Segments.Sum());
        Assert.Equal("nested_header", (await plane.AccessAsync()).Reason);
    }

    [Fact]
    public async Task AddTlvs_MoreThanAHeaderHolds_AddedOnesStandAndTheChecksumIsRight()
    {
        await using var server = RecordingTcpServer.Start();
        var sourceIp = Policies.V2 with { PassThroughTlvs = ["All"], AddTlvs = new Dictionary<string, string> { ["0xE5"] = "{client}" } };
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required with { MaxHeaderBytes = 65551 }, sourceIp, server.Address));
        using var client = await plane.ConnectAsync();
        // As long as a header can be.
        await client.SendAsync(WireHeader.WithChecksum(WireHeader.V2(Client, Target, (3, new byte[4]), (0xE9, new byte[40_000]), (0xE8, new byte[25_510]))));

        using var backend = await server.NextAsync();
        var header = await WireHeader.ReadAsync(backend);
        Assert.True(header.ChecksumIsRight());
        Assert.Equal("203.0.113.7", Encoding.ASCII.GetString(header.Tlv(0xE5)!));
        Assert.Equal(40_000, header.Tlv(0xE9)!.Length);
        Assert.Null(header.Tlv(0xE8));
    }

    [Fact]
    public async Task NestedHeader_Pass_IsPayload()
    {
        await using var server = RecordingTcpServer.Start();
        var policy = Policies.Required with { NestedHeader = NestedHeaderAction.Pass };
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(policy, Policies.None, server.Address));
        using var client = await plane.ConnectAsync();
        await client.SendAsync((byte[])[.. WireHeader.V2(Client, Target), .. Encoding.ASCII.GetBytes(V1)]);
        using var backend = await server.NextAsync();

        Assert.Equal(V1, await backend.ReadTextAsync(V1.Length));
    }

    [Fact]
    public async Task NestedHeader_OnlyLooksLikeOne_IsPassedOn()
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required, Policies.None, server.Address));
        using var client = await plane.ConnectAsync();
        await client.SendAsync((byte[])[.. WireHeader.V2(Client, Target), .. "PRO"u8]);
        using var backend = await server.NextAsync();
        await client.SendAsync("BE\r\n");

        Assert.Equal("PROBE\r\n", await backend.ReadTextAsync(7));
    }

    private static TcpRouteMatchConfig Match(params (string Name, string[] Values)[] tlvs) =>
        new() { Tlvs = tlvs.ToDictionary(static tlv => tlv.Name, static tlv => (IReadOnlyList<string>)tlv.Values) };

    private static ListenerModel Listener(params (string Name, TcpRouteMatchConfig Match)[] routes) => TcpModelBuilder.Build(
        new Dictionary<string, ProxyProtocolConfig?> { ["in"] = Policies.Required },
        new TcpProxyConfig
        {
            Routes = routes.ToDictionary(
                static route => route.Name, static route => new TcpRouteConfig { Listener = "in", ClusterId = "c", SourceIp = Policies.None, Match = route.Match }),
            Clusters = new Dictionary<string, TcpClusterConfig> { ["c"] = TestPlane.Cluster("192.0.2.1:1") },
        },
        new Dictionary<string, IReadOnlyList<string>>()).Listeners["in"];

    private static ConnectionIdentity Identity(params (byte Type, byte[] Value)[] tlvs)
    {
        var area = new byte[256];
        var length = 0;
        foreach (var (type, value) in tlvs)
        {
            length += ProxyTlvWriter.Write(area.AsSpan(length), (ProxyTlvType)type, value);
        }

        return new ConnectionIdentity
        {
            Client = IPEndPoint.Parse(Client),
            Peer = IPEndPoint.Parse("10.0.0.1:1"),
            Local = IPEndPoint.Parse(Target),
            Source = IdentitySource.ProxyProtocolV2,
            Tlvs = area.AsMemory(0, length),
        };
    }
}
