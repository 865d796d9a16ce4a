using System.Net;
using Gateway.FunctionalTests.Http;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Namespaces;

/// <summary>Destinations that lead back to the gateway, in ways that the file does not show: by an address of the host that no listener names, and through another proxy.</summary>
public sealed class OwnListenerTests
{
    [Theory]
    [InlineData("Linux", "192.0.2.1")]
    [InlineData("Linux", "[2001:db8:c::1]")]
    [InlineData("Portable", "192.0.2.1")]
    [InlineData("Portable", "[2001:db8:c::1]")]
    public async Task Tcp_DestinationIsTheListenerItself_IsRefusedOnce(string engine, string address)
    {
        await using var network = await GatewayNetwork.CreateAsync();
        var config = new ConfigFile().AddTcp("in", 9000, $"{address}:9000", new { Mode = "None" }, address: "*").Set("TcpProxy:Engine", engine).Set("Checks:AtStart", "None");
        await using var gateway = await GatewayProcess.StartAsync(config, new() { Inside = network.Gateway });

        Assert.Equal(ConnectionEnd.Reset, await TcpPeer.ConnectToTheEndAsync(new IPEndPoint(GatewayNetwork.GatewayV4, 9000), inside: network.Client));

        await gateway.WaitForAccessAsync("reason=self", "client=192.0.2.1");
        await gateway.WaitForMetricAsync("gateway_tcp_connection_closed_total", v => v == 1, ("reason", "self"));
        Assert.Equal(1, (await gateway.MetricsAsync()).Sum("gateway_tcp_connection_opened_total"));
    }

    [Theory]
    [InlineData("None")]
    [InlineData("ProxyProtocol")]
    public async Task Http_DestinationIsOurselves_IsRefusedOnce(string mode)
    {
        await using var network = await GatewayNetwork.CreateAsync();
        // The gateway's own addresses, of a listener and of Admin, which clients shall not reach through a public one.
        var config = new ConfigFile().AddHttp("web", 9000, "192.0.2.1:9000", address: "*").AddHttp("admin", 9001, "198.51.100.1:9002", address: "*").Set("Checks:AtStart", "None");
        foreach (var cluster in new[] { "web", "admin" })
        {
            config.Set($"ReverseProxy:Clusters:{cluster}:Metadata", new Dictionary<string, string> { ["SourceIp.Mode"] = mode });
        }

        config.Set("Probes", new { Address = "*:9002" });
        await using var gateway = await GatewayProcess.StartAsync(config, new() { Inside = network.Gateway });

        foreach (var (port, listener) in new[] { (9000, "web"), (9001, "Probes") })
        {
            using var visitor = await Visitor.ConnectAsync(new IPEndPoint(GatewayNetwork.GatewayV4, port), "192.0.2.10", network.Client);
            using var answer = await visitor.SendAsync("metrics");
            Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
            await gateway.WaitForAccessAsync("reason=self", $"our own listener {listener}");
        }

        await Eventually.TrueAsync(
            () => gateway.Process.Lines.Count(static line => line.Contains("path=/metrics", StringComparison.Ordinal)) == 2, "a line for each");
    }

    [Fact]
    public async Task Http_LoopThroughNginx_EndsByTheCountOfHops()
    {
        var (port, behind) = (FreePorts.Next(), FreePorts.Next());
        await using var nginx = await NginxPeer.StartAsync(behind, http: $"server {{ listen 127.0.0.1:{behind}; location / {{ proxy_pass http://127.0.0.1:{port}; }} }}");
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile().AddHttp("web", port, $"127.0.0.1:{behind}"));

        using var visitor = await Visitor.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), "127.0.0.9");
        using var answer = await visitor.SendAsync("");

        Assert.Equal(HttpStatusCode.LoopDetected, answer.StatusCode);
        await gateway.WaitForAccessAsync("status=508", "error=Loop");
        await gateway.WaitForAccessAsync("client=127.0.0.9", "status=508");
        // The line of a request is written after its answer, so that the first of them need not be the last.
        await Eventually.TrueAsync(
            () => gateway.Process.Lines.Count(static line => line.Contains("status=508", StringComparison.Ordinal)) == 11, "11 hops");
    }
}
