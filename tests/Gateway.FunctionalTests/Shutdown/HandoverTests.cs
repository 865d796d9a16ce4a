using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Shutdown;

/// <summary>A new process takes the place of the one that runs: nobody is refused, and what is live goes on.</summary>
public sealed class HandoverTests
{
    private const int BlockBytes = 1 << 20;

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Start_BesideAGatewayOfTheSamePath_TakesOverWithoutLosingAConnection(string engine)
    {
        await using var echo = RecordingTcpServer.StartEcho();
        using var folder = new TemporaryFolder();
        var port = FreePorts.Next();
        var config = ConfigFile.Tcp(port, echo.Address, new { Mode = "None" }).Set("TcpProxy:Engine", engine)
            .Set("Handover", new { Path = Path.Combine(folder.Path, "handover.sock") });
        await using var old = await GatewayProcess.StartAsync(config);
        using var live = await TcpPeer.ConnectAsync(port);
        await using var load = ShortConnections.ToEcho(port);
        await load.MoreAsync(100);

        await using var next = await GatewayProcess.StartAsync(config);
        await old.Process.WaitForLineAsync(line => line.Contains("has taken over", StringComparison.Ordinal), "handed over");
        await load.MoreAsync(500);

        await load.StopAsync();
        // What is live at the old process goes on there, byte for byte.
        var block = new byte[BlockBytes];
        new Random(1).NextBytes(block);
        var sending = live.SendAsync(block);
        var received = await live.ReadExactlyAsync(BlockBytes);
        Assert.True(block.AsSpan().SequenceEqual(received));
        await sending;
        Assert.False(old.Process.HasExited);
        live.ShutdownSend();
        Assert.Empty(await live.ReadToEndAsync());
        Assert.Equal(0, await old.Process.WaitForExitAsync());

        // The new process answers alone now, also at Admin, and hands over in its turn.
        Assert.True((await next.MetricsAsync()).Sum("gateway_tcp_connection_opened_total") > 0);
        await using var third = await GatewayProcess.StartAsync(config);
        Assert.Equal(0, await next.Process.WaitForExitAsync());
        using var last = await TcpPeer.ConnectAsync(port);
        await last.SendAsync("last");
        Assert.Equal("last", await last.ReadTextAsync(4));
    }

    [Fact]
    public async Task Start_BesideAGatewayOfTheSamePath_AnswersEveryHttpRequest()
    {
        await using var web = Peers.HttpBackend.Start();
        using var folder = new TemporaryFolder();
        var port = FreePorts.Next();
        var config = new ConfigFile().AddHttp("web", port, web.Address)
            .Set("Handover", new { Path = Path.Combine(folder.Path, "handover.sock") });
        await using var old = await GatewayProcess.StartAsync(config);
        await using var load = ShortConnections.ToHttp(port);
        await load.MoreAsync(100);

        await using var next = await GatewayProcess.StartAsync(config);
        Assert.Equal(0, await old.Process.WaitForExitAsync());
        await load.MoreAsync(300);

        await load.StopAsync();
    }

    [Fact]
    public async Task Start_ThatFails_LeavesTheOldGatewayAsItWas()
    {
        await using var echo = RecordingTcpServer.StartEcho();
        await using var squatter = RecordingTcpServer.Start();
        using var folder = new TemporaryFolder();
        var port = FreePorts.Next();
        var config = ConfigFile.Tcp(port, echo.Address, new { Mode = "None" })
            .Set("Handover", new { Path = Path.Combine(folder.Path, "handover.sock") });
        await using var old = await GatewayProcess.StartAsync(config);
        await using var load = ShortConnections.ToEcho(port);

        // Broken, and asking for a port that somebody else has: the second one has the sockets by then.
        var broken = await GatewayProcess.RunToEndAsync(config.Copy().Set("TcpProxy:Routes:in:ClusterId", "nowhere"));
        var busy = await GatewayProcess.RunToEndAsync(config.Copy().AddTcp("busy", squatter.Port, echo.Address, new { Mode = "None" }));

        Assert.Equal(1, broken.ExitCode);
        Assert.Equal(1, busy.ExitCode);
        Assert.Contains("the port is in use", busy.Output, StringComparison.Ordinal);
        await old.Process.WaitForLineAsync(line => line.Contains("did not start: this one goes on", StringComparison.Ordinal), "goes on");
        await load.MoreAsync(100);
        await load.StopAsync();
        // Reloads are taken again.
        await old.ReloadAsync(config.Copy().Set("TcpProxy:Routes:in:IdleTimeout", "7m"));
        // And the next process that starts takes over.
        await using var next = await GatewayProcess.StartAsync(config);
        Assert.Equal(0, await old.Process.WaitForExitAsync());
    }

    [Fact]
    public async Task Sigterm_AfterTheHandover_ShortensTheDrain()
    {
        await using var echo = RecordingTcpServer.StartEcho();
        using var folder = new TemporaryFolder();
        var port = FreePorts.Next();
        var config = ConfigFile.Tcp(port, echo.Address, new { Mode = "None" }).Set("Shutdown", new { DrainTimeout = "200ms" })
            .Set("Handover", new { Path = Path.Combine(folder.Path, "handover.sock"), DrainTimeout = "10m" });
        await using var old = await GatewayProcess.StartAsync(config);
        using var live = await TcpPeer.ConnectAsync(port);
        await live.SendAsync("live");
        Assert.Equal("live", await live.ReadTextAsync(4));
        await using var next = await GatewayProcess.StartAsync(config);
        await old.Process.WaitForLineAsync(line => line.Contains("has taken over", StringComparison.Ordinal), "handed over");

        old.Terminate();

        Assert.Equal(0, await old.Process.WaitForExitAsync());
        await old.WaitForAccessAsync(live.Local.ToString(), "drain");
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Start_WithSocketsOfSystemd_UsesThem(string engine)
    {
        await using var echo = RecordingTcpServer.StartEcho();
        var (port, other) = (FreePorts.Next(), FreePorts.Next());
        var config = ConfigFile.Tcp(port, echo.Address, new { Mode = "None" }).Set("TcpProxy:Engine", engine);
        // It starts the program at the first connection, which waits in the queue meanwhile.
        string[] activate = ["systemd-socket-activate", "--listen", $"127.0.0.1:{port}", "--listen", $"127.0.0.1:{other}"];
        var starting = GatewayProcess.StartAsync(config, new GatewayStart { Prefix = [.. activate, "-E", "DOTNET_ROOT", "-E", "PATH"] });
        using var first = await Eventually.GetAsync(() => TryConnectAsync(port), static peer => peer is not null, "systemd listens");
        await first!.SendAsync("first");

        await using var gateway = await starting;

        Assert.Equal("first", await first.ReadTextAsync(5));
        // The socket that no listener has.
        await gateway.Process.WaitForLineAsync(
            line => line.Contains($"on 127.0.0.1:{other} was given to this process", StringComparison.Ordinal), "told");
        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => TcpPeer.ConnectAsync(other));
        Assert.Equal(1, (await gateway.MetricsAsync()).Sum("gateway_tcp_connection_opened_total"));
    }

    private static async Task<TcpPeer?> TryConnectAsync(int port)
    {
        try
        {
            return await TcpPeer.ConnectAsync(port);
        }
        catch (System.Net.Sockets.SocketException)
        {
            return null;
        }
    }
}
