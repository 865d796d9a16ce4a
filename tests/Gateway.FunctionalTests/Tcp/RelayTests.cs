using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Tcp;

/// <summary>What a relayed connection keeps: every byte, half-close, resets, limits.</summary>
public sealed class RelayTests
{
    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Relay_BothWaysAtOnce_KeepsEveryByte(string engine)
    {
        await using var link = await Link.OpenAsync(engine);
        var toClient = ChecksummedData.ReceiveAsync(link.Client);
        var toBackend = ChecksummedData.ReceiveAsync(link.Backend);

        var sent = await Task.WhenAll(SendAsync(link.Client, 1, 20_000_000), SendAsync(link.Backend, 2, 20_000_003));

        Assert.Equal((20_000_000L, sent[0]), await toBackend);
        Assert.Equal((20_000_003L, sent[1]), await toClient);
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Relay_ClientClosesFirst_BackendStillDelivers(string engine)
    {
        await using var link = await Link.OpenAsync(engine);
        await link.Client.SendAsync("request");
        link.Client.ShutdownSend();
        Assert.Equal("request"u8.ToArray(), await link.Backend.ReadToEndAsync());

        var sent = await SendAsync(link.Backend, 3, 5_000_000);

        Assert.Equal((5_000_000L, sent), await ChecksummedData.ReceiveAsync(link.Client));
        await link.Gateway.WaitForAccessAsync(link.Client.Local.ToString(), "client_fin");
        await link.Gateway.WaitForMetricAsync("gateway_tcp_connection_closed_total", v => v == 1, ("reason", "client_fin"));
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Relay_BackendClosesFirst_ClientStillDelivers(string engine)
    {
        await using var link = await Link.OpenAsync(engine);
        await link.Backend.SendAsync("greeting");
        link.Backend.ShutdownSend();
        Assert.Equal("greeting"u8.ToArray(), await link.Client.ReadToEndAsync());

        var receiving = ChecksummedData.ReceiveAsync(link.Backend);
        var sent = await SendAsync(link.Client, 4, 5_000_000);

        Assert.Equal((5_000_000L, sent), await receiving);
        await link.Gateway.WaitForAccessAsync(link.Client.Local.ToString(), "backend_fin");
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Relay_ClientResets_BackendGetsAReset(string engine)
    {
        await using var link = await Link.OpenAsync(engine);
        await ExchangeAsync(link);

        link.Client.Reset();

        Assert.Equal(ConnectionEnd.Reset, await link.Backend.WaitForEndAsync());
        await link.Gateway.WaitForAccessAsync(link.Client.Local.ToString(), "client_reset");
        await link.Gateway.WaitForMetricAsync("gateway_tcp_connection_closed_total", v => v == 1, ("reason", "client_reset"));
        await link.Gateway.WaitForMetricAsync("gateway_tcp_connection_active", v => v == 0);
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Relay_BackendResets_ClientGetsAReset(string engine)
    {
        await using var link = await Link.OpenAsync(engine);
        await ExchangeAsync(link);

        link.Backend.Reset();

        Assert.Equal(ConnectionEnd.Reset, await link.Client.WaitForEndAsync());
        await link.Gateway.WaitForAccessAsync(link.Client.Local.ToString(), "backend_reset");
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Relay_IdleForTooLong_EndsWithItsReason(string engine)
    {
        await using var link = await Link.OpenAsync(engine, c => c.Set("TcpProxy:Routes:in:IdleTimeout", "2s"));
        await ExchangeAsync(link);

        await Task.WhenAll(link.Client.WaitForEndAsync(), link.Backend.WaitForEndAsync());

        await link.Gateway.WaitForAccessAsync(link.Client.Local.ToString(), "idle_timeout");
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Relay_LongerThanMaxDuration_EndsWithItsReason(string engine)
    {
        await using var link = await Link.OpenAsync(engine, c => c.Set("TcpProxy:Routes:in:MaxDuration", "1s"));
        var ends = Task.WhenAll(link.Client.WaitForEndAsync(), link.Backend.WaitForEndAsync());
        while (!ends.IsCompleted)
        {
            // Never idle: what ends it is its age.
            await Tempo.PauseAsync(TimeSpan.FromMilliseconds(100), ends);
            if (!ends.IsCompleted)
            {
                await TrySendAsync(link.Client);
            }
        }

        await ends;
        await link.Gateway.WaitForAccessAsync(link.Client.Local.ToString(), "max_duration");
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Relay_Ended_IsAccountedToTheByte(string engine)
    {
        await using var link = await Link.OpenAsync(engine);
        await link.Client.SendAsync(new byte[1234]);
        await link.Backend.ReadExactlyAsync(1234);
        await link.Backend.SendAsync(new byte[56789]);
        await link.Client.ReadExactlyAsync(56789);
        await link.Gateway.WaitForMetricAsync("gateway_tcp_connection_active", v => v == 1, ("listener", "in"), ("route", "in"));
        await link.Gateway.WaitForMetricAsync("gateway_destination_connection_active", v => v == 1, ("cluster", "in"));
        link.Client.ShutdownSend();
        await link.Backend.ReadToEndAsync();
        link.Backend.ShutdownSend();
        await link.Client.ReadToEndAsync();

        var line = await link.Gateway.WaitForAccessAsync(link.Client.Local.ToString());
        Assert.True(line.Mentions("1234", "56789", "in-0", "client_fin"), line.Text);
        await link.Gateway.WaitForMetricAsync("gateway_tcp_connection_active", v => v == 0);
        var metrics = await link.Gateway.MetricsAsync();
        Assert.Equal(1, metrics.Sum("gateway_tcp_connection_opened_total", ("listener", "in"), ("route", "in")));
        Assert.Equal(1, metrics.Sum("gateway_tcp_connection_closed_total", ("listener", "in"), ("reason", "client_fin")));
        Assert.Equal(1234, metrics.Sum("gateway_tcp_received_bytes_total", ("route", "in")));
        Assert.Equal(56789, metrics.Sum("gateway_tcp_sent_bytes_total", ("route", "in")));
        Assert.Equal(1, metrics.Sum("gateway_tcp_connection_duration_seconds_count", ("listener", "in")));
        Assert.Equal(1, metrics.Sum("gateway_destination_connect_duration_seconds_count", ("cluster", "in")));
        Assert.Equal(0, metrics.Sum("gateway_destination_connection_active", ("cluster", "in")));
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Relay_ByDefault_KeepsBothLegsAlive(string engine)
    {
        var ss = DebianPeer.Require("ss");
        await using var link = await Link.OpenAsync(engine);
        await ExchangeAsync(link);

        foreach (var (own, other) in new[] { (link.Client.Remote, link.Client.Local), (link.Backend.Remote, link.Backend.Local) })
        {
            // Not necessarily at once: an engine may spare short connections the options.
            await Eventually.GetAsync(
                async () => (await ProcessRunner.RunAsync([ss, "-tnoH", "state", "established", "src", $"{own}", "dst", $"{other}"])).RequireSuccess().StandardOutput,
                table => table.Contains("timer:(keepalive,", StringComparison.Ordinal),
                "a keep-alive timer runs");
        }
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Relay_ManyConnectionsOneAfterTheOther_LeaveNoDescriptors(string engine)
    {
        await using var echo = RecordingTcpServer.StartEcho();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(ConfigFile.Tcp(port, echo.Address, new { Mode = "None" }).Set("TcpProxy:Engine", engine));
        await AskAsync(0);
        var before = gateway.Process.Sockets();

        for (var i = 1; i <= 1000; i++)
        {
            await AskAsync(i);
        }

        await gateway.WaitForMetricAsync("gateway_tcp_connection_active", v => v == 0);
        await Eventually.TrueAsync(() => gateway.Process.Sockets() <= before + 8, "sockets are back");
        Assert.Equal(1001, (await gateway.MetricsAsync()).Sum("gateway_tcp_connection_closed_total"));

        async Task AskAsync(int i)
        {
            using var client = await TcpPeer.ConnectAsync(port);
            await client.SendAsync($"{i:0000}");
            Assert.Equal($"{i:0000}", await client.ReadTextAsync(4));
            if (i % 3 == 0)
            {
                client.Reset();
            }
        }
    }

    private static async Task<string> SendAsync(TcpPeer peer, int seed, long length)
    {
        var hash = await ChecksummedData.SendAsync(peer, seed, length);
        peer.ShutdownSend();
        return hash;
    }

    private static async Task ExchangeAsync(Link link)
    {
        await link.Client.SendAsync("ping");
        Assert.Equal("ping", await link.Backend.ReadTextAsync(4));
        await link.Backend.SendAsync("pong");
        Assert.Equal("pong", await link.Client.ReadTextAsync(4));
    }

    private static async Task TrySendAsync(TcpPeer peer)
    {
        try
        {
            await peer.SendAsync("x");
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // It has just been ended.
        }
    }
}
