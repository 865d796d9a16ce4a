using System.Text;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Routing;
using Gateway.Testing.Network;
using Gateway.Testing.Wire;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>A PROXY header that goes to the backend as payload is counted, one line tells of it, and nothing else is different.</summary>
public sealed class HeadersAsPayloadTests
{
    private const int Told = 2113;

    public static TheoryData<TcpEngineKind, TcpAcceptKind, bool> Headers => new()
    {
        { TcpEngineKind.Portable, TcpAcceptKind.Direct, false },
        { TcpEngineKind.Portable, TcpAcceptKind.Kestrel, true },
        { TcpEngineKind.Linux, TcpAcceptKind.Direct, false },
        { TcpEngineKind.Linux, TcpAcceptKind.Direct, true },
        { TcpEngineKind.Linux, TcpAcceptKind.Kestrel, true },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public async Task Run_HeaderAsTheFirstBytes_GoesOnIsCountedAndToldOnce(TcpEngineKind engine, TcpAcceptKind accept, bool isV2)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, server.Address), engine, accept);
        using var passed = plane.Count("gateway.proxy_protocol.passed");
        byte[] sent = [.. Header(isV2), .. "hello"u8];
        for (var connection = 0; connection < 2; connection++)
        {
            using var client = await plane.ConnectAsync();
            await client.SendAsync(sent);
            using var backend = await server.NextAsync();
            Assert.Equal(sent, await backend.ReadExactlyAsync(sent.Length));
            await backend.SendAsync("answer");
            Assert.Equal("answer", await client.ReadTextAsync(6));
        }

        var counted = passed.GetMeasurementSnapshot();
        var version = isV2 ? "v2" : "v1";
        Assert.All(counted, count => Assert.Equal((1, "in", version), (count.Value, count.Tags["listener"], count.Tags["version"])));
        Assert.Equal(2, counted.Count);
        var line = Assert.Single(Lines(plane));
        Assert.Equal((LogLevel.Warning, "Gateway.Warnings"), (line.Level, line.Category));
        Assert.StartsWith(
            $"Listener in: a PROXY header ({(isV2 ? "V2" : "V1")}) of 127.0.0.1 goes to the backend of route r as payload, ",
            line.Message,
            StringComparison.Ordinal);
    }

    /// <summary>Nobody waits for the client's first bytes, and they are looked at also when they come late.</summary>
    [Theory]
    [InlineData(TcpEngineKind.Portable)]
    [InlineData(TcpEngineKind.Linux)]
    public async Task Run_HeaderAfterTheServerSpoke_IsTold(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, server.Address), engine);
        using var client = await plane.ConnectAsync();
        using var backend = await server.NextAsync();
        await backend.SendAsync("220 ready\r\n");
        Assert.Equal("220 ready", await client.ReadLineAsync());
        Assert.Empty(Lines(plane));

        await client.SendAsync(Header(isV2: true));

        Assert.Equal(Header(isV2: true), await backend.ReadExactlyAsync(Header(isV2: true).Length));
        Assert.Single(Lines(plane));
    }

    /// <summary>What the look for a ClientHello has read goes out before the relay begins.</summary>
    [Theory]
    [InlineData(TcpEngineKind.Portable)]
    [InlineData(TcpEngineKind.Linux)]
    public async Task Run_HeaderWhereAClientHelloIsLookedFor_IsTold(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(ModelWithNames(server.Address), engine);
        using var passed = plane.Count("gateway.proxy_protocol.passed");
        using var client = await plane.ConnectAsync();
        await client.SendAsync(Header(isV2: true));
        using var backend = await server.NextAsync();

        Assert.Equal(Header(isV2: true), await backend.ReadExactlyAsync(Header(isV2: true).Length));
        Assert.Single(passed.GetMeasurementSnapshot());
        // The second bytes of a connection are payload of any kind.
        await client.SendAsync(Header(isV2: true));
        Assert.Equal(Header(isV2: true), await backend.ReadExactlyAsync(Header(isV2: true).Length));
        Assert.Single(passed.GetMeasurementSnapshot());
        Assert.Single(Lines(plane));
    }

    [Theory]
    [InlineData(TcpEngineKind.Portable, "PROBE\r\n")]
    [InlineData(TcpEngineKind.Linux, "PROBE\r\n")]
    [InlineData(TcpEngineKind.Linux, "\r\nhello")]
    [InlineData(TcpEngineKind.Linux, "GET / HTTP/1.1\r\n")]
    [InlineData(TcpEngineKind.Linux, "P")]
    public async Task Run_PayloadThatIsNoHeader_IsNotTold(TcpEngineKind engine, string payload)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, server.Address), engine);
        using var passed = plane.Count("gateway.proxy_protocol.passed");
        using var client = await plane.ConnectAsync();
        await client.SendAsync(payload);
        using var backend = await server.NextAsync();
        Assert.Equal(payload, await backend.ReadTextAsync(payload.Length));
        // Later bytes are payload of any kind.
        await client.SendAsync(Header(isV2: true));
        Assert.Equal(Header(isV2: true), await backend.ReadExactlyAsync(Header(isV2: true).Length));

        Assert.Empty(passed.GetMeasurementSnapshot());
        Assert.Empty(Lines(plane));
    }

    /// <summary>Who wrote NestedHeader: Pass, or a section, has said what becomes of headers.</summary>
    [Fact]
    public async Task Run_WhereTheFileSaysThatHeadersPass_IsNotTold()
    {
        await using var server = RecordingTcpServer.Start();
        var sent = Policies.V1 with { NestedHeader = NestedHeaderAction.Pass };
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, sent, server.Address));
        using var passed = plane.Count("gateway.proxy_protocol.passed");
        using var client = await plane.ConnectAsync();
        await client.SendAsync(Header(isV2: true));
        using var backend = await server.NextAsync();
        await backend.ReadLineAsync();
        Assert.Equal(Header(isV2: true), await backend.ReadExactlyAsync(Header(isV2: true).Length));

        Assert.Empty(passed.GetMeasurementSnapshot());
        Assert.Empty(Lines(plane));
    }

    [Fact]
    public async Task Update_SectionThatCameAndWent_IsToldAgain()
    {
        await using var server = RecordingTcpServer.Start();
        var without = TestPlane.Model(null, Policies.None, server.Address);
        await using var plane = await TestPlane.StartAsync(without);
        await PassAsync();
        Assert.Single(Lines(plane));

        plane.Plane.Update(TestPlane.Model(null, Policies.None, server.Address));
        await PassAsync();
        Assert.Single(Lines(plane));

        plane.Plane.Update(TestPlane.Model(Policies.Required, Policies.None, server.Address));
        plane.Plane.Update(TestPlane.Model(null, Policies.None, server.Address));
        await PassAsync();
        Assert.Equal(2, Lines(plane).Count);

        async Task PassAsync()
        {
            using var client = await plane.ConnectAsync();
            await client.SendAsync(Header(isV2: false));
            using var backend = await server.NextAsync();
            Assert.Equal(Header(isV2: false), await backend.ReadExactlyAsync(Header(isV2: false).Length));
        }
    }

    private static TcpModel ModelWithNames(string address) => TcpModelBuilder.Build(
        new Dictionary<string, ProxyProtocolConfig?> { ["in"] = null },
        new TcpProxyConfig
        {
            Routes = new Dictionary<string, TcpRouteConfig>
            {
                ["named"] = new()
                {
                    Listener = "in",
                    ClusterId = "c",
                    SourceIp = Policies.None,
                    Match = new() { ServerNames = ["a.example"] },
                },
                ["other"] = new() { Listener = "in", ClusterId = "c", SourceIp = Policies.None },
            },
            Clusters = new Dictionary<string, TcpClusterConfig> { ["c"] = TestPlane.Cluster(address) },
        },
        new Dictionary<string, IReadOnlyList<string>>());

    private static byte[] Header(bool isV2) => isV2
        ? WireHeader.V2("192.0.2.66:1", "192.0.2.1:2")
        : Encoding.ASCII.GetBytes("PROXY TCP4 192.0.2.66 192.0.2.1 1 2\r\n");

    private static List<FakeLogRecord> Lines(TestPlane plane) => [.. plane.Logs.Where(static log => log.Id.Id == Told)];
}
