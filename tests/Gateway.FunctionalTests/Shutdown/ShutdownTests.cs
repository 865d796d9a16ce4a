using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Shutdown;

/// <summary>SIGTERM: not ready, still accepting, then not, then live connections end or are closed by name.</summary>
public sealed class ShutdownTests
{
    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Sigterm_WithADelay_IsNotReadyYetAcceptsThenRefusesAndLetsLiveConnectionsEnd(string engine)
    {
        await using var echo = RecordingTcpServer.StartEcho();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(ConfigFile.Tcp(port, echo.Address, new { Mode = "None" })
            .Set("TcpProxy:Engine", engine).Set("Shutdown", new { DrainDelay = "5s", DrainTimeout = "20s" }));
        using var before = await TcpPeer.ConnectAsync(port);
        await AssertEchoesAsync(before);

        gateway.Terminate();
        await Eventually.TrueAsync(async () => await StatusAsync(gateway, "/healthz/ready") == HttpStatusCode.ServiceUnavailable, "not ready");
        using var during = await TcpPeer.ConnectAsync(port);
        await AssertEchoesAsync(during);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, "/healthz/live"));

        await Eventually.TrueAsync(() => IsRefusedAsync(port), "no longer accepting");
        await AssertEchoesAsync(before);
        await AssertEchoesAsync(during);
        await gateway.WaitForMetricAsync("gateway_tcp_connection_active", v => v == 2);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(gateway, "/healthz/ready"));

        before.Dispose();
        during.Dispose();
        Assert.Equal(0, await gateway.Process.WaitForExitAsync());
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Sigterm_ConnectionsThatDoNotEnd_AreClosedAtDrainTimeoutWithTheReason(string engine)
    {
        await using var echo = RecordingTcpServer.StartEcho();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(ConfigFile.Tcp(port, echo.Address, new { Mode = "None" })
            .Set("TcpProxy:Engine", engine).Set("Shutdown", new { DrainTimeout = "1s" }));
        using var peer = await TcpPeer.ConnectAsync(port);
        await AssertEchoesAsync(peer);
        var started = Stopwatch.GetTimestamp();

        gateway.Terminate();
        await peer.WaitForEndAsync();

        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0.8, 20);
        Assert.Equal(0, await gateway.Process.WaitForExitAsync());
        await gateway.WaitForAccessAsync(peer.Local.ToString(), "drain");
    }

    [Fact]
    public async Task Sigterm_WithDrainTimeoutJitter_ClosesOneAfterAnother()
    {
        const int Connections = 20;
        await using var echo = RecordingTcpServer.StartEcho();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(ConfigFile.Tcp(port, echo.Address, new { Mode = "None" })
            .Set("Shutdown", new { DrainTimeout = "60s", DrainTimeoutJitter = 1 }));
        var peers = new List<TcpPeer>();
        for (var i = 0; i < Connections; i++)
        {
            peers.Add(await TcpPeer.ConnectAsync(port));
            await AssertEchoesAsync(peers[^1]);
        }

        // One each 3 s: the first is closed while most of the others go on.
        gateway.Terminate();
        await gateway.WaitForMetricAsync("gateway_tcp_connection_closed_total", v => v >= 1, ("reason", "drain"));
        Assert.InRange((await gateway.MetricsAsync()).Sum("gateway_tcp_connection_active"), 1, Connections - 1);

        peers.ForEach(static peer => peer.Dispose());
        Assert.Equal(0, await gateway.Process.WaitForExitAsync());
    }

    [Fact]
    public async Task Sigterm_WithNothingToDo_ExitsAtOnce()
    {
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(FreePorts.Next(), "127.0.0.1:1", new { Mode = "None" }).Set("Shutdown", new { DrainTimeout = "60s" }));

        gateway.Terminate();

        // Long before DrainTimeout.
        Assert.Equal(0, await gateway.Process.WaitForExitAsync());
    }

    [Theory]
    [InlineData(ManagedProcess.SigTerm)]
    [InlineData(ManagedProcess.SigInt)]
    public async Task SecondSignal_EndsAtOnce(int signal)
    {
        await using var echo = RecordingTcpServer.StartEcho();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(port, echo.Address, new { Mode = "None" }).Set("Shutdown", new { DrainDelay = "60s", DrainTimeout = "60s" }));
        using var peer = await TcpPeer.ConnectAsync(port);
        await AssertEchoesAsync(peer);
        gateway.Process.Signal(signal);
        await Eventually.TrueAsync(async () => await StatusAsync(gateway, "/healthz/ready") == HttpStatusCode.ServiceUnavailable, "not ready");

        gateway.Process.Signal(signal);

        // Long before the delay of a minute.
        await gateway.Process.WaitForExitAsync();
    }

    [Fact]
    public async Task Sigterm_HttpRequestInFlight_IsAnsweredThenTheProcessEnds()
    {
        await using var slow = RecordingTcpServer.Start();
        var http = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile().AddHttp("web", http, slow.Address).Set("Shutdown", new { DrainTimeout = "20s" }));
        using var client = new HttpClient();
        var answering = client.GetStringAsync(new Uri($"http://127.0.0.1:{http}/slow"));
        using var backend = await slow.NextAsync();
        while ((await backend.ReadLineAsync()).Length > 0)
        {
        }

        gateway.Terminate();
        await Eventually.TrueAsync(() => IsRefusedAsync(http), "no longer accepting");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, "/healthz/live"));
        Assert.True((await gateway.MetricsAsync()).Has("gateway_config_last_reload_successful"));
        await backend.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");

        Assert.Equal("done", await answering);
        Assert.Equal(0, await gateway.Process.WaitForExitAsync());
    }

    private static async Task<HttpStatusCode> StatusAsync(GatewayProcess gateway, string path)
    {
        using var response = await gateway.AdminAsync(path);
        return response.StatusCode;
    }

    private static async Task<bool> IsRefusedAsync(int port)
    {
        try
        {
            using var peer = await TcpPeer.ConnectAsync(port);
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Accepted and turned away before this side had seen that it was connected: the socket still listens.
            return false;
        }
    }

    private static async Task AssertEchoesAsync(TcpPeer peer)
    {
        await peer.SendAsync("echo");
        Assert.Equal("echo", await peer.ReadTextAsync(4));
    }
}
