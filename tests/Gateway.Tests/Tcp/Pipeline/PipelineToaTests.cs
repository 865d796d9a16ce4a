using System.Net.Sockets;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Rights;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Wire;

namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>
/// The Toa section where no option comes, which needs no right: peers on loopback write none. Where one comes: Gateway.FunctionalTests,
/// ToaTests.
/// </summary>
public sealed class PipelineToaTests
{
    /// <summary>127.0.0.1 is trusted, everybody else is not.</summary>
    private static readonly ToaConfig Syn = new() { TrustedProxies = ["127.0.0.1/32"], Carriers = [ToaCarrier.Syn], Wait = Policies.Short };

    private static readonly ToaConfig Strict = Syn with { Missing = MissingToa.Reject };

    [Fact]
    public async Task Run_NoOption_ThePeerIsTheClient()
    {
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await StartAsync(Syn, server);
        using var received = plane.Count("gateway.toa.received");

        using var client = await plane.ConnectAsync();
        await client.SendAsync("hello");

        Assert.Equal("hello", await client.ReadTextAsync(5));
        await received.WaitForMeasurementsAsync(1, Eventually.DefaultTimeout);
        Assert.Equal("absent_allowed", received.LastMeasurement!.Tags["result"]);
        client.Dispose();
        Assert.Equal("Socket", (await plane.AccessAsync())["source"]);
    }

    [Fact]
    public async Task Run_NoOptionAndRejected_IsRefusedWhenItSpeaks()
    {
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await StartAsync(Strict with { Wait = Policies.Long }, server);

        Assert.Equal(ConnectionEnd.Reset, await plane.ConnectToTheEndAsync(say: "hello"));

        var access = await plane.AccessAsync();
        Assert.Equal(("toa", "ToaMissing"), (access.Reason, access["detail"]));
        Assert.Equal(0, server.Accepted);
    }

    [Fact]
    public async Task Run_NoOptionAndRejected_IsRefusedAfterWait()
    {
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await StartAsync(Strict, server);

        Assert.Equal(ConnectionEnd.Reset, await plane.ConnectToTheEndAsync());

        Assert.Equal("toa", (await plane.AccessAsync()).Reason);
    }

    [Fact]
    public async Task Run_CheckThatConnectsAndCloses_IsSilent()
    {
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await StartAsync(Strict with { Wait = Policies.Long }, server);
        using var checks = plane.Count("gateway.tcp.health_checks");

        using (await plane.ConnectAsync())
        {
        }

        await checks.WaitForMeasurementsAsync(1, Eventually.DefaultTimeout);
        Assert.Equal(Microsoft.Extensions.Logging.LogLevel.Debug, (await plane.AccessAsync(), plane.AccessLevel()).Item2);
        Assert.Equal(0, server.Accepted);
    }

    [Fact]
    public async Task Run_PeerThatIsNotTrusted_IsNotAskedForAnOption()
    {
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await StartAsync(Strict, server);

        using var client = await plane.ConnectAsync("127.0.0.5");
        await client.SendAsync("hello");

        Assert.Equal("hello", await client.ReadTextAsync(5));
    }

    [Fact]
    public async Task Run_ProxyHeader_BeatsTheOption()
    {
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await TestPlane.StartAsync(
            TestPlane.Model(Policies.Required, Strict, Policies.None, server.Address), RequireLinux());

        using var client = await plane.ConnectAsync();
        await client.SendAsync((byte[])[.. WireHeader.V2("203.0.113.7:5555", "192.0.2.1:9000"), .. "hello"u8]);

        Assert.Equal("hello", await client.ReadTextAsync(5));
        client.Dispose();
        var access = await plane.AccessAsync();
        Assert.Equal(("203.0.113.7:5555", "ProxyProtocolV2"), (access["client"], access["source"]));
    }

    [Fact]
    public void CheckRights_MissingRight_NamesRouteListenerAndCure()
    {
        var model = TestPlane.Model(null, new SourceIpConfig { Mode = SourceIpMode.Toa }, "192.0.2.1:9");
        var listeners = new Dictionary<string, ToaConfig>
        {
            ["in"] = Syn with { Carriers = [ToaCarrier.Syn, ToaCarrier.Ack] },
            ["web"] = Syn with { Carriers = null },
            ["syn"] = Syn,
        };
        var warned = new List<string>();

        Assert.Collection(
            ToaRights.Check(model, listeners, static () => "needs that", (listener, problem) => warned.Add($"{listener} {problem}")),
            static finding =>
                Assert.StartsWith("TcpProxy:Routes:r:SourceIp:Mode: Toa needs that", finding.ToString(), StringComparison.Ordinal),
            static finding =>
                Assert.StartsWith(
                    "Listeners:in:Toa:Carriers: Ack and Data: reading them needs that. Or ",
                    finding.ToString(),
                    StringComparison.Ordinal));
        Assert.Equal(["web needs that"], warned);
        Assert.Empty(
            ToaRights.Check(model, listeners, static () => null, static (_, _) => throw new InvalidOperationException("nothing is missing"))
        );
    }

    [Fact]
    public void CheckRights_SynOnly_LoadsNothing() => Assert.Empty(ToaRights.Check(
        TestPlane.Model(null, Policies.None, "192.0.2.1:9"),
        new Dictionary<string, ToaConfig> { ["in"] = Syn },
        static () => throw new InvalidOperationException("asked for"),
        static (_, _) => throw new InvalidOperationException("nothing is missing")));

    [Fact]
    public async Task Bind_OptionsOnThePortableEngine_IsRefused()
    {
        var refused = await Assert.ThrowsAsync<SocketException>(() =>
            TestPlane.StartAsync(TestPlane.Model(null, Syn, Policies.None, "192.0.2.1:9")));

        Assert.Equal(SocketError.OperationNotSupported, refused.SocketErrorCode);
    }

    private static Task<TestPlane> StartAsync(ToaConfig toa, RecordingTcpServer server) =>
        TestPlane.StartAsync(TestPlane.Model(null, toa, Policies.None, server.Address), RequireLinux());

    private static TcpEngineKind RequireLinux()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "TCP options need the Linux engine.");
        return TcpEngineKind.Linux;
    }
}
