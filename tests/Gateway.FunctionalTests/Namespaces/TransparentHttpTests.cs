using System.Net;
using Gateway.FunctionalTests.Http;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Namespaces;

/// <summary>An HTTP cluster in transparent mode, with nginx on another host: connections come from the clients' own addresses.</summary>
public sealed class TransparentHttpTests
{
    [Fact]
    public async Task Backend_OnAnotherHost_SeesEachClientOnConnectionsOfItsOwn()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        await network.ReturnByNftAsync();
        const string tell = "location / { return 200 '$remote_addr $connection'; }";
        await using var nginx = await NginxPeer.StartAsync(
            8080, http: $"server {{ listen {GatewayNetwork.BackendV4}:8080; listen [{GatewayNetwork.BackendV6}]:8080; {tell} }}", inside: network.Backend);
        var config = Http(Http(Http(new ConfigFile(), "four", $"{GatewayNetwork.GatewayV4}:9000", $"{GatewayNetwork.BackendV4}", "Reject"),
            "six", $"[{GatewayNetwork.GatewayV6}]:9000", $"[{GatewayNetwork.BackendV6}]", "Reject"),
            "across", $"[{GatewayNetwork.GatewayV6}]:9001", $"{GatewayNetwork.BackendV4}", "None");
        await using var gateway = await GatewayProcess.StartAsync(config, new GatewayStart { Inside = network.Gateway });

        foreach (var (listener, one, two) in new[] { (GatewayNetwork.GatewayV4, "192.0.2.10", "192.0.2.11"), (GatewayNetwork.GatewayV6, "2001:db8:c::10", "2001:db8:c::11") })
        {
            var address = new IPEndPoint(listener, 9000);
            using var first = await Visitor.ConnectAsync(address, one, network.Client);
            using var firstToo = await Visitor.ConnectAsync(address, one, network.Client);
            using var second = await Visitor.ConnectAsync(address, two, network.Client);
            var seen = new[] { await first.GetAsync(), await second.GetAsync(), await firstToo.GetAsync(), await second.GetAsync() };

            Assert.Equal([one, two, one, two], seen.Select(text => text.Split(' ')[0]));
            // A connection of a client stays on its loop, which has one connection of this client to the backend.
            Assert.Equal(seen[1], seen[3]);
        }

        using var across = await Visitor.ConnectAsync(new IPEndPoint(GatewayNetwork.GatewayV6, 9001), "2001:db8:c::10", network.Client);
        Assert.StartsWith($"{GatewayNetwork.GatewayInnerV4} ", await across.GetAsync(), StringComparison.Ordinal);
        // Two connections of one client may be on two loops.
        await gateway.WaitForMetricAsync("gateway_transparent_connect_total", value => value is >= 4 and <= 6, ("error_type", null!));
    }

    private static ConfigFile Http(ConfigFile config, string name, string address, string backend, string fallback) => config.Listener(name, address, "Http")
        .Set($"ReverseProxy:Routes:{name}", new { ClusterId = name, Match = new { Path = "{**any}" }, Metadata = new { Listeners = name } })
        .Set($"ReverseProxy:Clusters:{name}", new
        {
            Destinations = new { one = new { Address = $"http://{backend}:8080/" } },
            Metadata = new Dictionary<string, string> { ["SourceIp.Mode"] = "Transparent", ["SourceIp.Fallback"] = fallback },
        });
}
