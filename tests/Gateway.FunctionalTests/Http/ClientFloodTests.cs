using System.Net;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Http;

/// <summary>A process with few descriptors, by a real limit, and far more clients in X-Forwarded-For, over a few connections, for clusters that keep connections for each.</summary>
public sealed class ClientFloodTests
{
    private const int Connections = 8;
    private const int ClientsOfEach = 250;

    // 400 descriptors leave the least that the cap ever is: 64 connections of clients, and 64 that clients may have of their own.
    private const int Own = 64;

    [Fact]
    public async Task Flood_ThousandsOfForwardedClients_EveryAnswerIsRightNothingElseSuffersAndDescriptorsComeBack()
    {
        await using var announced = Peers.HttpBackend.Start(expectsHeader: true);
        await using var plain = Peers.HttpBackend.Start();
        await using var echo = RecordingTcpServer.StartEcho();
        var web = new IPEndPoint(IPAddress.Loopback, FreePorts.Next());
        var other = new IPEndPoint(IPAddress.Loopback, FreePorts.Next());
        var tcp = FreePorts.Next();
        var config = new ConfigFile().AddHttp("plain", other.Port, plain.Address).AddTcp("tcp", tcp, echo.Address, new { Mode = "None" })
            .Listener("web", web.ToString(), "Http").Set("Listeners:web:ForwardedHeaders", new { TrustedProxies = new[] { "127.0.0.0/8" } });
        foreach (var name in new[] { "one", "two" })
        {
            config.Set($"ReverseProxy:Routes:{name}", new { ClusterId = name, Match = new { Path = $"/{name}/{{**rest}}" }, Metadata = new { Listeners = "web" } })
                .Set($"ReverseProxy:Clusters:{name}", new
                {
                    Destinations = new { only = new { Address = $"http://{announced.Address}/" } },
                    Metadata = new Dictionary<string, string> { ["SourceIp.Mode"] = "ProxyProtocol", ["SourceIp.IdleTimeout"] = "2s" },
                });
        }

        await using var gateway = await GatewayProcess.StartAsync(config, new GatewayStart { Prefix = [DebianPeer.Require("prlimit"), "--nofile=400:400"] });
        using (var first = await Visitor.ConnectAsync(other, "127.0.0.1"))
        {
            await first.GetAsync();
        }

        var before = gateway.Process.Descriptors();
        using var ended = new CancellationTokenSource();
        var bystanders = Task.WhenAll(ServeAsync(other, ended.Token), EchoAsync(tcp, ended.Token));
        var refused = await Task.WhenAll(Enumerable.Range(0, Connections).Select(i => FloodAsync(web, i)));
        var during = gateway.Process.Descriptors();
        // Nothing of a listener: one that is bound anew resets who waits in its queue, and the bystanders come all the time.
        await gateway.ReloadAsync(config.Set("TcpProxy:Clusters:tcp:ConnectTimeout", "4s"));
        await ended.CancelAsync();
        await bystanders;

        Assert.False(gateway.Process.HasExited, gateway.Process.Output);
        // Those that are idle give way; only a moment in which none is may refuse somebody.
        Assert.True(refused.Sum() < Connections * ClientsOfEach / 10, $"{refused.Sum()} were refused");
        Assert.InRange(during, before, before + Own + (2 * (Connections + 4)));
        await gateway.WaitForMetricAsync("gateway_destination_client_ended_total", value => value > Connections * ClientsOfEach / 2, ("reason", "descriptors"));
        await gateway.WaitForMetricAsync("gateway_destination_client_active", value => value == 0);
        // Each loop keeps a connection to the bystanders' destination.
        await Eventually.TrueAsync(
            () => gateway.Process.Descriptors() <= before + 8 + Environment.ProcessorCount, "descriptors come back");
        Assert.DoesNotContain(gateway.Complaints(), line => !line.Contains("descriptor", StringComparison.OrdinalIgnoreCase) && !line.Contains("MaxConnections", StringComparison.Ordinal));
    }

    /// <summary>Requests of many clients over one connection of a trusted proxy; how many were refused.</summary>
    private static async Task<int> FloodAsync(IPEndPoint web, int number)
    {
        using var proxy = await Visitor.ConnectAsync(web, "127.0.0.1");
        var refused = 0;
        for (var i = 0; i < ClientsOfEach; i++)
        {
            var client = $"198.{number}.{i / 250}.{i % 250}";
            using var response = await proxy.SendAsync(i % 2 == 0 ? "one/" : "two/", client);
            if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                refused++;
                continue;
            }

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Contains($"Announced: {client}\r\n", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        return refused;
    }

    /// <summary>A client of a cluster that keeps nobody's connections, with a new connection each time.</summary>
    private static async Task ServeAsync(IPEndPoint other, CancellationToken ended)
    {
        do
        {
            using var visitor = await Visitor.ConnectAsync(other, "127.0.0.1");
            await visitor.GetAsync();
        }
        while (!ended.IsCancellationRequested);
    }

    private static async Task EchoAsync(int port, CancellationToken ended)
    {
        do
        {
            using var peer = await TcpPeer.ConnectAsync(port);
            await peer.SendAsync("hello");
            Assert.Equal("hello", await peer.ReadTextAsync(5));
        }
        while (!ended.IsCancellationRequested);
    }
}
