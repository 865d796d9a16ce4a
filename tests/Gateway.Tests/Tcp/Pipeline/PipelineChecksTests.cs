using Gateway.Tcp.Configuration;
using Gateway.Testing;
using Gateway.Testing.Network;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>Load balancers' checks of listeners where a peer is dialed for at once: connect and close, without a byte.</summary>
public sealed class PipelineChecksTests
{
    public static TheoryData<TcpEngineKind, bool, bool> Ways
    {
        get
        {
            var ways = new TheoryData<TcpEngineKind, bool, bool>();
            foreach (var engine in new[] { TcpEngineKind.Linux, TcpEngineKind.Portable })
            {
                ways.Add(engine, true, false);
                ways.Add(engine, true, true);
                ways.Add(engine, false, false);
                ways.Add(engine, false, true);
            }

            return ways;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Run_ConnectAndClose_IsACheckAndSilent(TcpEngineKind engine, bool hasPolicy, bool byReset)
    {
        // A server that speaks first: what it says is no word of the client's.
        await using var server = RecordingTcpServer.Start(static async peer =>
        {
            await peer.SendAsync("220 ready\r\n");
            await peer.WaitForEndAsync();
        });
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(hasPolicy ? Policies.Direct : null, Policies.None, server.Address), engine);
        using var checks = plane.Count("gateway.tcp.health_checks");
        using var opened = plane.Count("gateway.tcp.connection.opened");
        using var closed = plane.Count("gateway.tcp.connection.closed");
        using var active = plane.Count("gateway.tcp.connection.active");
        using var rejected = plane.Count("gateway.tcp.connection.rejected");

        var client = await plane.ConnectAsync("127.0.0.77");
        if (byReset)
        {
            client.Reset();
        }
        else
        {
            client.Dispose();
        }

        Assert.Equal(("health_check", LogLevel.Debug), ((await plane.AccessAsync()).Reason, plane.AccessLevel()));
        Assert.Single(checks.GetMeasurementSnapshot());
        Assert.Empty(rejected.GetMeasurementSnapshot());
        Assert.Equal(opened.GetMeasurementSnapshot().Count, closed.GetMeasurementSnapshot().Count);
        Assert.Equal(0, active.GetMeasurementSnapshot().Sum(static measurement => measurement.Value));
    }

    [Theory]
    [InlineData(TcpEngineKind.Linux)]
    [InlineData(TcpEngineKind.Portable)]
    public async Task Run_ClientThatSaidSomething_IsNoCheck(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Direct, Policies.None, server.Address), engine);
        using var checks = plane.Count("gateway.tcp.health_checks");
        using (var client = await plane.ConnectAsync("127.0.0.77"))
        {
            await client.SendAsync("x");
            Assert.Equal("x", await client.ReadTextAsync(1));
        }

        var line = await plane.AccessAsync();
        Assert.Equal(("client_fin", "1", LogLevel.Information), (line.Reason, line["received"], plane.AccessLevel()));
        Assert.Empty(checks.GetMeasurementSnapshot());
    }

    [Theory]
    [InlineData(TcpEngineKind.Linux)]
    [InlineData(TcpEngineKind.Portable)]
    public async Task Run_BackendThatClosesFirst_IsNoCheck(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.StartPeerName();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, server.Address), engine);
        using var client = await plane.ConnectAsync();
        Assert.NotEmpty(await client.ReadToEndAsync());
        client.Dispose();

        Assert.Equal(("backend_fin", LogLevel.Information), ((await plane.AccessAsync()).Reason, plane.AccessLevel()));
    }

    /// <summary>More than a greeting is a transfer: date, whois or a dump by a server that speaks first.</summary>
    [Theory]
    [InlineData(TcpEngineKind.Linux, 4096, "health_check")]
    [InlineData(TcpEngineKind.Linux, 4097, "client_fin")]
    [InlineData(TcpEngineKind.Portable, 4096, "health_check")]
    [InlineData(TcpEngineKind.Portable, 4097, "client_fin")]
    public async Task Run_ClientThatOnlyListened_IsACheckIfItGotNoMoreThanAGreeting(TcpEngineKind engine, int length, string reason)
    {
        await using var server = RecordingTcpServer.Start(async peer =>
        {
            await peer.SendAsync(new byte[length]);
            await peer.WaitForEndAsync();
        });
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, server.Address), engine);
        using var checks = plane.Count("gateway.tcp.health_checks");
        using (var client = await plane.ConnectAsync())
        {
            await client.ReadExactlyAsync(length);
        }

        var isCheck = reason == "health_check";
        Assert.Equal((reason, isCheck ? LogLevel.Debug : LogLevel.Information), ((await plane.AccessAsync()).Reason, plane.AccessLevel()));
        Assert.Equal(isCheck ? 1 : 0, checks.GetMeasurementSnapshot().Count);
    }

    [Theory]
    [InlineData(TcpEngineKind.Linux, false)]
    [InlineData(TcpEngineKind.Linux, true)]
    [InlineData(TcpEngineKind.Portable, false)]
    [InlineData(TcpEngineKind.Portable, true)]
    public async Task Run_ClientThatSaidSomethingAndReset_IsNoCheck(TcpEngineKind engine, bool hasPolicy)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(hasPolicy ? Policies.Direct : null, Policies.None, server.Address), engine);
        using var checks = plane.Count("gateway.tcp.health_checks");
        var client = await plane.ConnectAsync("127.0.0.77");
        await client.SendAsync("x");
        client.Reset();

        Assert.NotEqual("health_check", (await plane.AccessAsync()).Reason);
        Assert.Equal(LogLevel.Information, plane.AccessLevel());
        Assert.Empty(checks.GetMeasurementSnapshot());
    }

    /// <summary>Its dial is given up, and what it had sent is read by nobody.</summary>
    [Fact]
    public async Task Run_ClientThatSaidSomethingAndResetDuringTheDial_IsNoCheck()
    {
        using var silent = new BlackHole();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, silent.EndPoint.ToString()), TcpEngineKind.Linux);
        using var opened = plane.Count("gateway.tcp.connection.opened");
        var client = await plane.ConnectAsync();
        await client.SendAsync("x");
        await opened.WaitForMeasurementsAsync(1, Eventually.DefaultTimeout);
        client.Reset();

        Assert.Equal(("client_reset", LogLevel.Information), ((await plane.AccessAsync()).Reason, plane.AccessLevel()));
    }

    [Fact]
    public async Task Run_ClientThatListensForLong_IsNoCheck()
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, server.Address));
        using var client = await plane.ConnectAsync();
        using var backend = await server.NextAsync();
        for (var tick = 0; tick < 6; tick++)
        {
            await Tempo.PauseAsync(TimeSpan.FromMilliseconds(200));
            await backend.SendAsync("tick\n");
            Assert.Equal("tick", await client.ReadLineAsync());
        }

        client.Dispose();
        await backend.WaitForEndAsync();
        backend.Dispose();
        Assert.Equal(("client_fin", LogLevel.Information), ((await plane.AccessAsync()).Reason, plane.AccessLevel()));
    }
}
