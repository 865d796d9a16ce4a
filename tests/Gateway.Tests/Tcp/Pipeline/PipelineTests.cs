using System.Net;
using System.Text;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Routing;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Wire;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>The whole way of a connection over real sockets, on both engines and both ways in.</summary>
public sealed class PipelineTests
{
    private const string Client = "203.0.113.7:40000";
    private const string Target = "198.51.100.1:6379";

    public static TheoryData<TcpEngineKind> Engines => [TcpEngineKind.Portable, TcpEngineKind.Linux];

    public static TheoryData<TcpEngineKind, TcpAcceptKind> WaysIn => new()
    {
        { TcpEngineKind.Portable, TcpAcceptKind.Direct },
        { TcpEngineKind.Portable, TcpAcceptKind.Kestrel },
        { TcpEngineKind.Linux, TcpAcceptKind.Direct },
        { TcpEngineKind.Linux, TcpAcceptKind.Kestrel },
    };

    [Theory]
    [MemberData(nameof(WaysIn))]
    public async Task Run_HeaderAndPayloadInOneSegment_BackendGetsBothInOne(TcpEngineKind engine, TcpAcceptKind accept)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required, Policies.V2, server.Address), engine, accept);
        using var client = await plane.ConnectAsync();
        await client.SendAsync((byte[])[.. WireHeader.V2(Client, Target), .. "hello"u8]);

        using var backend = await server.NextAsync();
        var first = new byte[1000];
        var count = await backend.ReadAsync(first);
        Assert.Equal(28 + 5, count);
        backend.Unread(first.AsSpan(0, count));
        var header = await WireHeader.ReadAsync(backend);
        Assert.Equal(IPEndPoint.Parse(Client), header.Source);
        Assert.Equal(IPEndPoint.Parse(Target), header.Destination);
        Assert.Equal("hello", await backend.ReadTextAsync(5));

        await backend.SendAsync("answer");
        Assert.Equal("answer", await client.ReadTextAsync(6));
        client.ShutdownSend();
        Assert.Empty(await backend.ReadToEndAsync());
        backend.Dispose();
        Assert.Empty(await client.ReadToEndAsync());

        var line = await plane.AccessAsync();
        Assert.Equal(Client, line["client"]);
        Assert.Equal(client.Local.ToString(), line["peer"]);
        Assert.Equal("ProxyProtocolV2", line["source"]);
        Assert.Equal(("in", "r", "c", "d0"), (line["listener"], line["route"], line["cluster"], line["destination"]));
        Assert.Equal(("5", "6", "client_fin"), (line["received"], line["sent"], line["reason"]));
        Assert.Equal(LogLevel.Information, plane.AccessLevel());
        await Eventually.TrueAsync(() => plane.Plane.ActiveConnections == 0, "no connection is left");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_HeaderByteByByte_IsReadToTheByte(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required, Policies.V1, server.Address), engine);
        using var client = await plane.ConnectAsync();
        foreach (var octet in (byte[])[.. WireHeader.V1(Client, Target), .. "hello"u8])
        {
            await client.SendAsync(new byte[] { octet });
        }

        using var backend = await server.NextAsync();
        Assert.Equal(Encoding.ASCII.GetString(WireHeader.V1(Client, Target)) + "hello", await backend.ReadTextAsync(WireHeader.V1(Client, Target).Length + 5));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_HeaderLongerThanTheFirstBuffer_IsRead(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        var sourceIp = Policies.V2 with { PassThroughTlvs = ["All"] };
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required, sourceIp, server.Address), engine);
        using var client = await plane.ConnectAsync();
        var value = new byte[3500];
        Random.Shared.NextBytes(value);
        await client.SendAsync((byte[])[.. WireHeader.V2(Client, Target, (0xE9, value)), .. "hello"u8]);

        using var backend = await server.NextAsync();
        Assert.Equal(value, (await WireHeader.ReadAsync(backend)).Tlv(0xE9));
        Assert.Equal("hello", await backend.ReadTextAsync(5));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_ChecksumAndTlvsIn_ChosenTlvsAndANewChecksumOut(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        var sourceIp = Policies.V2 with { PassThroughTlvs = ["AwsVpcEndpointId"] };
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required, sourceIp, server.Address), engine);
        using var client = await plane.ConnectAsync();
        byte[] endpoint = [1, .. "vpce-1"u8];
        await client.SendAsync(WireHeader.WithChecksum(WireHeader.V2(Client, Target, (3, new byte[4]), (2, "example.org"u8.ToArray()), (0xEA, endpoint))));

        using var backend = await server.NextAsync();
        var header = await WireHeader.ReadAsync(backend);
        Assert.Equal(endpoint, header.Tlv(0xEA));
        Assert.Null(header.Tlv(2));
        Assert.True(header.ChecksumIsRight());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_LocalHeader_IsSentOnAsProxyWithRealEndpoints(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required, Policies.V2, server.Address), engine);
        using var client = await plane.ConnectAsync();
        await client.SendAsync(WireHeader.V2Local());

        using var backend = await server.NextAsync();
        var header = await WireHeader.ReadAsync(backend);
        Assert.False(header.Local);
        Assert.Equal(client.Local, header.Source);
        Assert.Equal(plane.EndPoint, header.Destination);
    }

    [Theory]
    [InlineData("", "HeaderMissing", TcpEngineKind.Portable)]
    [InlineData("", "HeaderMissing", TcpEngineKind.Linux)]
    [InlineData("PROXY TCP4", "HeaderTimeout", TcpEngineKind.Portable)]
    [InlineData("PROXY TCP4", "HeaderTimeout", TcpEngineKind.Linux)]
    public async Task Run_NoWholeHeaderInTime_IsCut(string sent, string detail, TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        var policy = Policies.Required with { HeaderTimeout = Policies.Short };
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(policy, Policies.V2, server.Address), engine);
        using var client = await plane.ConnectAsync();
        await client.SendAsync(sent);

        await client.WaitForEndAsync();
        var line = await plane.AccessAsync();
        Assert.Equal(("proxy_protocol", detail), (line["reason"], line["detail"]));
        Assert.Equal(0, server.Accepted);
    }

    [Theory]
    [InlineData("127.0.0.1", "GET / HTTP/1.1\r\n", "HeaderMissing")]
    [InlineData("127.0.0.1", "PROXY TCP4 224.0.0.1 198.51.100.1 1 2\r\n", "SourceInvalid")]
    [InlineData("127.0.0.1", "PROXY TCP4 x\r\n", "HeaderInvalid(SourceAddress)")]
    [InlineData("127.0.0.9", "PROXY TCP4 203.0.113.7 198.51.100.1 1 2\r\n", "UntrustedHeader")]
    [InlineData("127.0.0.77", "PROXY TCP4 203.0.113.7 198.51.100.1 1 2\r\n", "UntrustedPeer")]
    public async Task Run_RefusedByThePolicy_NamesTheRuleAndDialsNobody(string from, string sent, string detail)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required, Policies.V2, server.Address));
        using var rejected = plane.Count("gateway.tcp.connection.rejected");
        using var opened = plane.Count("gateway.tcp.connection.opened");
        Assert.Equal(ConnectionEnd.Reset, await plane.ConnectToTheEndAsync(from, sent));
        var line = await plane.AccessAsync();
        Assert.Equal(("proxy_protocol", detail), (line["reason"], line["detail"]));
        Assert.Equal(0, server.Accepted);
        Assert.Empty(opened.GetMeasurementSnapshot());
        Assert.Equal("proxy_protocol", Assert.Single(rejected.GetMeasurementSnapshot()).Tags["reason"]);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_DirectPeerWaitsForTheServer_HeaderAfterwardsIsStopped(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Direct, Policies.None, server.Address), engine);
        using var client = await plane.ConnectAsync("127.0.0.77");
        using var backend = await server.NextAsync();
        await backend.SendAsync("220 ready\r\n");
        Assert.Equal("220 ready", await client.ReadLineAsync());

        // In two pieces: the first could still be anything, the second completes the signature.
        await client.SendAsync("PRO");
        Assert.Equal("PRO", await backend.ReadTextAsync(3));
        await client.SendAsync("XY TCP4 203.0.113.7 198.51.100.1 1 2\r\n");

        Assert.Equal(ConnectionEnd.Reset, await backend.WaitForEndAsync());
        Assert.Equal(3, backend.Segments.Sum());
        Assert.Equal("untrusted_header", (await plane.AccessAsync()).Reason);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_DirectPeerSpeaksFirst_PayloadIsUntouched(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Direct, Policies.None, server.Address), engine);
        using var client = await plane.ConnectAsync("127.0.0.77");
        await client.SendAsync("P");
        using var backend = await server.NextAsync();
        await client.SendAsync("ROST\r\n");
        Assert.Equal("PROST\r\n", await backend.ReadTextAsync(7));
        client.Dispose();
        Assert.Empty(await backend.ReadToEndAsync());
        backend.Dispose();
        var line = await plane.AccessAsync();
        Assert.Equal(("client_fin", "7", "Socket"), (line.Reason, line["received"], line["source"]));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_OptionalAndSilent_IsDialedAfterOptionalWaitAndALateHeaderEndsIt(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Optional, Policies.None, server.Address), engine);
        using var client = await plane.ConnectAsync();
        using var backend = await server.NextAsync();
        await backend.SendAsync("220 ready\r\n");
        Assert.Equal("220 ready", await client.ReadLineAsync());

        await client.SendAsync(WireHeader.V2(Client, Target));

        Assert.Equal(ConnectionEnd.Reset, await backend.WaitForEndAsync());
        Assert.Empty(backend.Segments);
        var line = await plane.AccessAsync();
        Assert.Equal(("late_header", "LateHeader"), (line.Reason, line["detail"]));
    }

    [Fact]
    public async Task Run_OptionalWithPayload_IsPassedOnAtOnce()
    {
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await TestPlane.StartAsync(
            TestPlane.Model(Policies.Optional with { OptionalWait = Policies.Long }, Policies.None, server.Address));
        using var client = await plane.ConnectAsync();
        await client.SendAsync("PING\r\n");
        Assert.Equal("PING", await client.ReadLineAsync());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_ConnectAndClose_IsSilentAndCounted(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required, Policies.V2, server.Address), engine);
        using var checks = plane.Count("gateway.tcp.health_checks");
        using var rejected = plane.Count("gateway.tcp.connection.rejected");
        foreach (var from in (string[])["127.0.0.9", "127.0.0.1"])
        {
            using var client = await plane.ConnectAsync(from);
        }

        using (var resetting = await plane.ConnectAsync("127.0.0.9"))
        {
            resetting.Reset();
        }

        for (var index = 0; index < 3; index++)
        {
            Assert.Equal("health_check", (await plane.AccessAsync(index)).Reason);
            Assert.Equal(LogLevel.Debug, plane.AccessLevel(index));
        }

        Assert.Equal(3, checks.GetMeasurementSnapshot().Count);
        Assert.Empty(rejected.GetMeasurementSnapshot());
        Assert.Equal(0, server.Accepted);
    }

    [Fact]
    public async Task Run_HealthCheckerSends_IsDialedOnItsFirstByte()
    {
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required, Policies.None, server.Address));
        using var silent = await plane.ConnectAsync("127.0.0.9");
        using var client = await plane.ConnectAsync("127.0.0.9");
        await client.SendAsync("PING\n");
        Assert.Equal("PING", await client.ReadLineAsync());
        Assert.Equal(1, server.Accepted);
    }

    [Fact]
    public async Task Run_NoPolicy_HeaderIsPayload()
    {
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, server.Address));
        using var client = await plane.ConnectAsync();
        var header = WireHeader.V2(Client, Target);
        await client.SendAsync(header);
        Assert.Equal(header, await client.ReadExactlyAsync(header.Length));
    }

    [Fact]
    public async Task Run_ClientInNoRoute_IsNamed()
    {
        await using var server = RecordingTcpServer.Start();
        var model = TcpModelBuilder.Build(
            new Dictionary<string, ProxyProtocolConfig?> { ["in"] = Policies.Required },
            new TcpProxyConfig
            {
                Routes = new Dictionary<string, TcpRouteConfig>
                {
                    ["r"] = new() { Listener = "in", ClusterId = "c", SourceIp = Policies.None, Match = new() { ClientCidrs = ["198.51.100.0/24"] } },
                },
                Clusters = new Dictionary<string, TcpClusterConfig> { ["c"] = TestPlane.Cluster(server.Address) },
            },
            new Dictionary<string, IReadOnlyList<string>>());
        await using var plane = await TestPlane.StartAsync(model);
        using var client = await plane.ConnectAsync();
        await client.SendAsync(WireHeader.V1(Client, Target));
        await client.WaitForEndAsync();
        Assert.Equal("no_route", (await plane.AccessAsync()).Reason);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_FirstDestinationRefuses_NextOneIsDialed(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.StartEcho();
        var dead = $"127.0.0.1:{FreePorts.Next()}";
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, dead, server.Address), engine);
        using var retries = plane.Count("gateway.destination.connect.retries");
        for (var index = 0; index < 4; index++)
        {
            using var client = await plane.ConnectAsync();
            await client.SendAsync("ping\n");
            Assert.Equal("ping", await client.ReadLineAsync());
        }

        // The start rotates: every other connection meets the dead one first.
        Assert.Equal(2, retries.GetMeasurementSnapshot().Count);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_NoDestinationAnswers_ClientIsReset(TcpEngineKind engine)
    {
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, $"127.0.0.1:{FreePorts.Next()}"), engine);
        using var closed = plane.Count("gateway.tcp.connection.closed");
        Assert.Equal(ConnectionEnd.Reset, await plane.ConnectToTheEndAsync());
        Assert.Equal("backend_connect_failed", (await plane.AccessAsync()).Reason);
        Assert.Equal("backend_connect_failed", Assert.Single(closed.GetMeasurementSnapshot()).Tags["reason"]);
    }

    [Fact]
    public async Task Run_ClusterWithoutAnAddress_IsRejected()
    {
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None));
        Assert.Equal(ConnectionEnd.Reset, await plane.ConnectToTheEndAsync());
        Assert.Equal("no_destination", (await plane.AccessAsync()).Reason);
    }

    [Fact]
    public async Task Run_MoreThanTheLimit_IsRejectedByName()
    {
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, server.Address), limit: 1);
        using var rejected = plane.Count("gateway.tcp.connection.rejected");
        using var first = await plane.ConnectAsync();
        await first.SendAsync("one\n");
        Assert.Equal("one", await first.ReadLineAsync());

        Assert.Equal(ConnectionEnd.Reset, await plane.ConnectToTheEndAsync());
        Assert.Equal("limit", (await plane.AccessAsync()).Reason);
        Assert.Equal("limit", Assert.Single(rejected.GetMeasurementSnapshot()).Tags["reason"]);

        first.Dispose();
        await plane.AccessAsync(1);
        await Eventually.TrueAsync(() => plane.Plane.ActiveConnections == 0, "the first has given its place back");
        using var third = await plane.ConnectAsync();
        await third.SendAsync("three\n");
        Assert.Equal("three", await third.ReadLineAsync());
    }

    /// <summary>An HTTP client takes a while to close its connections, and all connections of a loop would wait for it.</summary>
    [Theory]
    [InlineData(TcpEngineKind.Linux)]
    [InlineData(TcpEngineKind.Portable)]
    public async Task Run_RoomIsWhatIsIdle_IsClosedOffTheEventLoop(TcpEngineKind engine)
    {
        var limit = new ConnectionLimit(null, possible: 1);
        limit.Acquire(ConnectionKind.Own);
        bool? onPool = null;
        limit.MakeRoom = () => onPool is not null ? null : () =>
        {
            onPool = Thread.CurrentThread.IsThreadPoolThread;
            limit.Release(ConnectionKind.Own);
        };
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, server.Address), engine, room: limit);

        using var client = await plane.ConnectAsync();
        await client.SendAsync("one\n");

        Assert.Equal("one", await client.ReadLineAsync());
        Assert.True(onPool);
    }

    [Fact]
    public async Task Run_Connections_AreCountedWithTheirDestination()
    {
        await using var server = RecordingTcpServer.StartEcho();
        var model = TestPlane.Model(null, Policies.None, server.Address);
        await using var plane = await TestPlane.StartAsync(model);
        var state = model.Clusters["c"].Destinations[0].State;
        using (var first = await plane.ConnectAsync())
        {
            await first.SendAsync("one\n");
            Assert.Equal("one", await first.ReadLineAsync());
            Assert.Equal(1, state.Connections);

            // A reload keeps the count, and the connection's end finds it.
            var next = TestPlane.Model(null, Policies.None, TestPlane.Cluster(server.Address), before: model);
            plane.Plane.Update(next);
            Assert.Equal(1, next.Clusters["c"].Destinations[0].State.Connections);
        }

        await plane.AccessAsync();
        Assert.Equal(0, state.Connections);
    }

    [Theory]
    [MemberData(nameof(WaysIn))]
    public async Task Drain_LiveConnection_IsWaitedForAndThenEndedWithDrain(TcpEngineKind engine, TcpAcceptKind accept)
    {
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, server.Address), engine, accept);
        using var client = await plane.ConnectAsync();
        await client.SendAsync("one\n");
        Assert.Equal("one", await client.ReadLineAsync());

        using var deadline = new CancellationTokenSource();
        var drained = plane.Plane.DrainAsync(Policies.Long, jitter: 0, deadline.Token);
        await client.SendAsync("two\n");
        Assert.Equal("two", await client.ReadLineAsync());
        Assert.Equal(ConnectionEnd.Reset, await plane.ConnectToTheEndAsync());
        Assert.Equal("draining", (await plane.AccessAsync()).Reason);
        Assert.False(drained.IsCompleted);
        await deadline.CancelAsync();
        await drained.WaitAsync(Eventually.DefaultTimeout);

        Assert.Equal(ConnectionEnd.Reset, await client.WaitForEndAsync());
        Assert.Equal("drain", (await plane.AccessAsync(1)).Reason);
        Assert.Equal(0, plane.Plane.ActiveConnections);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Update_LiveConnection_StaysAndNewOnesFollow(TcpEngineKind engine)
    {
        await using var old = RecordingTcpServer.StartEcho();
        await using var next = RecordingTcpServer.StartEcho();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, old.Address), engine);
        using var live = await plane.ConnectAsync();
        await live.SendAsync("one\n");
        Assert.Equal("one", await live.ReadLineAsync());

        plane.Plane.Update(TestPlane.Model(null, Policies.None, next.Address));

        using var fresh = await plane.ConnectAsync();
        await fresh.SendAsync("two\n");
        Assert.Equal("two", await fresh.ReadLineAsync());
        await live.SendAsync("three\n");
        Assert.Equal("three", await live.ReadLineAsync());
        Assert.Equal((1, 1), (old.Accepted, next.Accepted));
    }
}
