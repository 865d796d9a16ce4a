using System.Net;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tcp;

/// <summary>Destinations that take a limited number of connections, who waits for a place, and dials that wait for a backend.</summary>
public sealed class DestinationLimitTests
{
    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task MaxConnections_Reached_OneWaitsTheNextIsRefusedAndAPlaceGoesToWhoWaits(string engine)
    {
        await using var backend = RecordingTcpServer.StartEcho();
        var port = FreePorts.Next();
        var config = Configured(port, engine, backend.Address).Set("TcpProxy:Clusters:in:Destinations:in-0:MaxConnections", 2)
            .Set("TcpProxy:Clusters:in:Queue", new { MaxLength = 1, Timeout = "60s" });
        await using var gateway = await GatewayProcess.StartAsync(config);
        Assert.Equal(0, (await gateway.MetricsAsync()).Sum("gateway_cluster_waiting", ("cluster", "in")));
        using var first = await EchoAsync(await TcpPeer.ConnectAsync(port));
        using var second = await EchoAsync(await TcpPeer.ConnectAsync(port));
        using var waiting = await TcpPeer.ConnectAsync(port);
        await gateway.WaitForMetricAsync("gateway_cluster_waiting", static value => value == 1, ("cluster", "in"));

        Assert.Equal(ConnectionEnd.Reset, await TcpPeer.ConnectToTheEndAsync(port));
        await gateway.WaitForAccessAsync("reason=destination_limit");
        Assert.Equal(1, await gateway.WaitForMetricAsync(
            "gateway_tcp_connection_closed_total", static value => value > 0, ("reason", "destination_limit")));
        Assert.Equal(2, backend.Accepted);

        first.Dispose();
        await EchoAsync(waiting);
        Assert.Equal(3, backend.Accepted);
        await gateway.WaitForMetricAsync("gateway_cluster_waiting", static value => value == 0, ("cluster", "in"));

        using var raised = await TcpPeer.ConnectAsync(port);
        await gateway.WaitForMetricAsync("gateway_cluster_waiting", static value => value == 1, ("cluster", "in"));
        await gateway.ReloadAsync(config.Set("TcpProxy:Clusters:in:Destinations:in-0:MaxConnections", 3));
        await EchoAsync(raised);

        await gateway.ReloadAsync(config.Set("TcpProxy:Clusters:in:Queue:Timeout", "100ms"));
        Assert.Equal(ConnectionEnd.Reset, await TcpPeer.ConnectToTheEndAsync(port));
        await EchoAsync(second);
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task MaxConnections_HundredsAtOnce_AreAllServedAndNeverTooManyAtOnce(string engine)
    {
        const int Clients = 300;
        var (now, most) = (0, 0);
        await using var backend = RecordingTcpServer.Start(async peer =>
        {
            var seen = Interlocked.Increment(ref now);
            InterlockedMax(ref most, seen);
            await RecordingTcpServer.EchoAsync(peer);
            Interlocked.Decrement(ref now);
        });
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            Configured(port, engine, backend.Address).Set("TcpProxy:Clusters:in:Destinations:in-0:MaxConnections", 7)
                .Set("TcpProxy:Clusters:in:Queue", new { MaxLength = Clients, Timeout = "60s" }));

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            using var client = await EchoAsync(await TcpPeer.ConnectAsync(port));
            client.ShutdownSend();
            Assert.Equal(ConnectionEnd.Fin, await client.WaitForEndAsync());
        }));

        Assert.Equal(Clients, backend.Accepted);
        Assert.InRange(most, 1, 7);
        await gateway.WaitForMetricAsync("gateway_cluster_waiting", static value => value == 0, ("cluster", "in"));
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task DialTimeout_TheOnlyBackendIsRestarted_ItsClientIsServed(string engine)
    {
        var gone = FreePorts.Next();
        var port = FreePorts.Next();
        var config = Configured(port, engine, $"127.0.0.1:{gone}").Set("TcpProxy:Clusters:in:DialTimeout", "60s");
        await using var gateway = await GatewayProcess.StartAsync(config);
        using var client = await TcpPeer.ConnectAsync(port);
        await gateway.WaitForMetricAsync("gateway_destination_connect_retries_total", static value => value > 0);

        await using var back = RecordingTcpServer.StartEcho(new IPEndPoint(IPAddress.Loopback, gone));
        await EchoAsync(client);

        await gateway.ReloadAsync(config.Set("TcpProxy:Clusters:in:DialTimeout", "200ms")
            .Set("TcpProxy:Clusters:in:Destinations:in-0:Address", $"127.0.0.1:{FreePorts.Next()}"));
        Assert.Equal(ConnectionEnd.Reset, await TcpPeer.ConnectToTheEndAsync(port));
        await gateway.WaitForAccessAsync("reason=backend_connect_failed");
    }

    private static ConfigFile Configured(int port, string engine, string address) => new ConfigFile()
        .Listener("in", $"127.0.0.1:{port}", "Tcp")
        .Route("in", new { Listener = "in", ClusterId = "in", SourceIp = new { Mode = "None" } })
        .Cluster("in", address)
        .Set("TcpProxy:Engine", engine);

    private static async Task<TcpPeer> EchoAsync(TcpPeer client)
    {
        await client.SendAsync("hello");
        Assert.Equal("hello", await client.ReadTextAsync(5));
        return client;
    }

    private static void InterlockedMax(ref int most, int now)
    {
        for (var seen = Volatile.Read(ref most); seen < now; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, now, seen);
        }
    }
}
