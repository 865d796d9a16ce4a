using System.Net;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Rights;
using Gateway.Testing.Network;
using Gateway.Testing.Wire;

namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>Transparent mode as far as loopback goes, where 127.0.0.0/8 needs neither right nor route.</summary>
public sealed class PipelineTransparentTests
{
    private static readonly SourceIpConfig Transparent = new() { Mode = SourceIpMode.Transparent };

    [Theory]
    [InlineData(TcpEngineKind.Portable)]
    [InlineData(TcpEngineKind.Linux)]
    public async Task Run_ClientOnLoopback_BackendSeesItsAddress(TcpEngineKind engine)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Transparent mode needs Linux.");
        }

        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Transparent, server.Address), engine);
        using var transparent = plane.Count("gateway.transparent.connect");
        using var client = await plane.ConnectAsync("127.0.0.5");
        using var backend = await server.NextAsync();
        Assert.Equal(IPAddress.Parse("127.0.0.5"), backend.Remote.Address);
        await transparent.WaitForMeasurementsAsync(1, Gateway.Testing.Eventually.DefaultTimeout);
        Assert.False(Assert.Single(transparent.GetMeasurementSnapshot()).Tags.ContainsKey("error.type"));
    }

    [Theory]
    [InlineData(SourceIpFallback.Reject)]
    [InlineData(SourceIpFallback.ProxyProtocol)]
    [InlineData(SourceIpFallback.None)]
    public async Task Run_ClientOfTheOtherFamily_FollowsTheFallback(SourceIpFallback fallback)
    {
        await using var server = RecordingTcpServer.Start();
        var sourceIp = Transparent with { Fallback = fallback };
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required, sourceIp, server.Address));
        using var client = await plane.ConnectAsync();
        await client.SendAsync((byte[])[.. WireHeader.V2("[2001:db8::7]:40000", "[2001:db8::1]:6379"), .. "hello"u8]);
        if (fallback == SourceIpFallback.Reject)
        {
            Assert.Equal(ConnectionEnd.Reset, await client.WaitForEndAsync());
            Assert.Equal("source_ip", (await plane.AccessAsync()).Reason);
            Assert.Equal(0, server.Accepted);
            return;
        }

        using var backend = await server.NextAsync();
        if (fallback == SourceIpFallback.ProxyProtocol)
        {
            Assert.Equal(IPEndPoint.Parse("[2001:db8::7]:40000"), (await WireHeader.ReadAsync(backend)).Source);
        }

        Assert.Equal("hello", await backend.ReadTextAsync(5));
    }

    [Fact]
    public async Task Run_LoopbackClientAndBackendElsewhere_IsNotDialed()
    {
        // A loopback client cannot reach a destination elsewhere: the documentation address is never dialed.
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Transparent, "192.0.2.1:9"));
        Assert.Equal(ConnectionEnd.Reset, await plane.ConnectToTheEndAsync("127.0.0.5"));
        Assert.Equal("source_ip", (await plane.AccessAsync()).Reason);
    }

    [Theory]
    [InlineData("fe80::7", "2001:db8::1")]
    [InlineData("fe80::7", "fe80::8")]
    [InlineData("169.254.3.4", "192.0.2.1")]
    public async Task Run_LinkLocalClient_IsNotDialedFor(string client, string destination)
    {
        var address = new IPEndPoint(IPAddress.Parse(destination), 9).ToString();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required, Transparent, address));
        using var peer = await plane.ConnectAsync();
        await peer.SendAsync(WireHeader.V2(new IPEndPoint(IPAddress.Parse(client), 40000).ToString(), client.Contains(':', StringComparison.Ordinal) ? "[2001:db8::1]:6379" : "192.0.2.1:6379"));
        Assert.Equal(ConnectionEnd.Reset, await peer.WaitForEndAsync());
        Assert.Equal("source_ip", (await plane.AccessAsync()).Reason);
    }

    [Theory]
    [InlineData(TcpEngineKind.Portable)]
    [InlineData(TcpEngineKind.Linux)]
    public async Task Run_OriginalDestinationOfAConnectionThatWasNotDiverted_IsRefused(TcpEngineKind engine)
    {
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, new TcpClusterConfig { Type = TcpClusterType.OriginalDestination }), engine);
        Assert.Equal(ConnectionEnd.Reset, await plane.ConnectToTheEndAsync());
        Assert.Equal("original_destination", (await plane.AccessAsync()).Reason);
    }

    [Fact]
    public void CheckMarks_MissingRight_NamesRouteAndCure()
    {
        var model = TestPlane.Model(null, new SourceIpConfig { Mode = SourceIpMode.None, Mark = 5 }, "192.0.2.1:9");
        var message = Assert.Single(TransparentRights.CheckMarks(model, () => false)).ToString();
        Assert.Contains("TcpProxy:Routes:r:SourceIp:Mark", message, StringComparison.Ordinal);
        Assert.Empty(TransparentRights.CheckMarks(model, () => true));
        Assert.Empty(TransparentRights.CheckMarks(TestPlane.Model(null, Policies.None, "192.0.2.1:9"), () => false));
    }

    [Fact]
    public void CheckRights_MissingRight_NamesRouteAndCure()
    {
        var model = TestPlane.Model(null, Transparent, "192.0.2.1:9");
        var message = Assert.Single(TransparentRights.Check(model, () => false)).ToString();
        Assert.Contains("TcpProxy:Routes:r:SourceIp:Mode", message, StringComparison.Ordinal);
        Assert.Contains("NET_RAW", message, StringComparison.Ordinal);
        Assert.Empty(TransparentRights.Check(model, () => true));
        Assert.Empty(TransparentRights.Check(TestPlane.Model(null, Policies.None, "192.0.2.1:9"), () => false));
    }
}
