using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Reload;

/// <summary>200 live connections carry checked data while the file is rewritten 50 times.</summary>
[Collection(HeavyTests.Name)]
public sealed class ReloadUnderLoadTests
{
    private const int Connections = 200;
    private const int Rewrites = 50;
    private const int BlockBytes = 8192;

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Connections_WhileTheFileIsRewritten_LoseNothingAndNewOnesFollowTheNewestGoodFile(string engine)
    {
        await using var echo = RecordingTcpServer.StartEcho();
        await using var odd = RecordingTcpServer.Start(p => p.SendAsync("odd\n"));
        await using var even = RecordingTcpServer.Start(p => p.SendAsync("even\n"));
        var (load, ask) = (FreePorts.Next(), FreePorts.Next());
        var config = new ConfigFile().Set("TcpProxy:Engine", engine)
            .AddTcp("load", load, echo.Address, new { Mode = "None" }).AddTcp("ask", ask, even.Address, new { Mode = "None" });
        using var map = new ConfigMapFolder(config.ToJson());
        await using var gateway = await GatewayProcess.StartAsync(new TemporaryFolder(), map.FilePath, config.AdminPort);
        using var stop = new CancellationTokenSource();
        var connected = 0;
        var carrying = Enumerable.Range(0, Connections).Select(i => CarryAsync(load, i, () => Interlocked.Increment(ref connected), stop.Token)).ToArray();
        await Eventually.TrueAsync(() => Volatile.Read(ref connected) == Connections, "all connections carry data");

        for (var i = 1; i <= Rewrites; i++)
        {
            // Every good file also sends new "load" connections elsewhere: the live ones must not care.
            var good = config.Copy()
                .Set("TcpProxy:Clusters:ask:Destinations:ask-0:Address", i % 2 == 0 ? even.Address : odd.Address)
                .Set("TcpProxy:Clusters:load:Destinations:load-0:Address", odd.Address)
                .Set("TcpProxy:Routes:load:IdleTimeout", $"{100 + i}s").ToJson();
            switch (i % 5)
            {
                case 0:
                    map.Swap(good);
                    break;
                case 1:
                    map.Write(good);
                    break;
                case 2:
                    map.Write("{ not json");
                    break;
                case 3:
                    map.Write(good[..(good.Length * 2 / 3)]);
                    break;
                default:
                    map.Write(good.Replace("\"ClusterId\": \"ask\"", "\"ClusterId\": \"nowhere\"", StringComparison.Ordinal));
                    break;
            }

            // Good versions end every fifth step; every tenth is waited for, the others come faster than they can be taken.
            if (i % 10 is 0 or 5)
            {
                await Eventually.TrueAsync(async () => await AskAsync(ask) == (i % 2 == 0 ? "even" : "odd"), $"version {i} is live");
            }
            else
            {
                await Tempo.PauseAsync(TimeSpan.FromMilliseconds(i % 3 == 0 ? 300 : 10));
            }
        }

        await stop.CancelAsync();
        var blocks = await Task.WhenAll(carrying);
        Assert.All(blocks, b => Assert.True(b > 3, $"{b} blocks"));
        Assert.Equal(Connections, echo.Accepted);
        Assert.True(await gateway.ReloadsAsync("succeeded") >= Rewrites / 10);
        Assert.True(await gateway.ReloadsAsync("failed") >= 1);
        Assert.Equal(1, (await gateway.MetricsAsync()).Sum("gateway_config_last_reload_successful"));
        await gateway.WaitForMetricAsync("gateway_tcp_connection_closed_total", v => v == Connections, ("route", "load"), ("reason", "client_fin"));
    }

    /// <summary>Sends blocks and wants each back unchanged until told to stop, then ends in order. Returns the number of blocks.</summary>
    private static async Task<int> CarryAsync(int port, int seed, Action connected, CancellationToken stop)
    {
        using var peer = await TcpPeer.ConnectAsync(port);
        var random = new Random(seed);
        var block = new byte[BlockBytes];
        var count = 0;
        do
        {
            random.NextBytes(block);
            await peer.SendAsync(block);
            Assert.True((await peer.ReadExactlyAsync(BlockBytes)).AsSpan().SequenceEqual(block), $"connection {seed}, block {count}");
            if (count++ == 0)
            {
                connected();
            }

            // A load, not a benchmark: 200 connections at full speed would only measure the two cores.
            await Tempo.PauseAsync(TimeSpan.FromMilliseconds(20));
        }
        while (!stop.IsCancellationRequested);

        peer.ShutdownSend();
        Assert.Empty(await peer.ReadToEndAsync());
        return count;
    }

    private static async Task<string> AskAsync(int port)
    {
        using var client = await TcpPeer.ConnectAsync(port);
        return await client.ReadLineAsync();
    }
}
