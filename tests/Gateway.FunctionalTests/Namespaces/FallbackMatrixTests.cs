using System.Net;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Namespaces;

/// <summary>What <see cref="TranslationMatrixTests"/> leaves out: clients of the other family than the backend's, with a fallback; load balancers that speak IPv6.</summary>
public sealed class FallbackMatrixTests
{
    private static readonly IPAddress BalancerV6 = IPAddress.Parse("2001:db8:c::13");

    [Theory]
    [InlineData("Transparent")]
    [InlineData("Dnat")]
    public async Task OtherFamily_WithAFallback_IsCarriedAsItSays(string mode)
    {
        await using var network = await GatewayNetwork.CreateAsync();
        await network.ForwardAsync();
        await using var backend4 = RecordingTcpServer.Start(endPoint: new IPEndPoint(GatewayNetwork.BackendV4, 8080), inside: network.Backend);
        await using var backend6 = RecordingTcpServer.Start(endPoint: new IPEndPoint(GatewayNetwork.BackendV6, 8080), inside: network.Backend);
        var config = new ConfigFile().Set("Checks:AtStart", "None");
        var port = 9000;
        foreach (var fallback in new[] { "ProxyProtocol", "None" })
        {
            foreach (var backend in new[] { backend4, backend6 })
            {
                config.AddTcp($"p{port}", port, backend.Address, new { Mode = mode, Fallback = fallback }, address: "*")
                    .Set($"TcpProxy:Clusters:p{port}:HealthCheck", new { Active = new { Enabled = false } });
                port++;
            }
        }

        await using var gateway = await GatewayProcess.StartAsync(config, new GatewayStart { Inside = network.Gateway });

        port = 9000;
        foreach (var fallback in new[] { "ProxyProtocol", "None" })
        {
            foreach (var (backend, from, to) in new[]
            {
                (backend4, GatewayNetwork.ClientV6, GatewayNetwork.GatewayV6), (backend6, GatewayNetwork.ClientV4, GatewayNetwork.GatewayV4),
            })
            {
                using var client = await TcpPeer.ConnectAsync(new IPEndPoint(to, port++), new IPEndPoint(from, 0), network.Client);
                await client.SendAsync("hello");
                using var accepted = await backend.NextAsync();
                Assert.Equal(backend.EndPoint.AddressFamily, accepted.Remote.AddressFamily);
                if (fallback == "ProxyProtocol")
                {
                    Assert.Equal(client.Local, (await WireHeader.ReadAsync(accepted)).Source);
                }

                Assert.Equal("hello", await accepted.ReadTextAsync(5));
            }
        }
    }

    [Theory]
    [InlineData("203.0.113.77:4660", "198.51.100.200:443")]
    [InlineData("[2001:db8:77::1234]:4660", "[2001:db8:1::1]:443")]
    public async Task HeaderOverIPv6_OfAnyClient_IsPassedOn(string claimed, string destination)
    {
        await using var network = await GatewayNetwork.CreateAsync();
        await network.ReturnByNftAsync();
        var isV4 = IPEndPoint.Parse(claimed).AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
        await using var backend = RecordingTcpServer.Start(
            endPoint: new IPEndPoint(isV4 ? GatewayNetwork.BackendV4 : GatewayNetwork.BackendV6, 8080), inside: network.Backend);
        var config = new ConfigFile();
        foreach (var (port, sourceIp) in new (int, object)[] { (9000, new { Mode = "ProxyProtocol" }), (9001, new { Mode = "Transparent" }) })
        {
            config.AddTcp($"p{port}", port, backend.Address, sourceIp, new { TrustedProxies = new[] { $"{BalancerV6}/128" } }, "*");
        }

        await using var gateway = await GatewayProcess.StartAsync(config, new GatewayStart { Inside = network.Gateway });

        foreach (var port in new[] { 9000, 9001 })
        {
            foreach (var header in new[] { WireHeader.V1(claimed, destination), WireHeader.V2(claimed, destination) })
            {
                using var balancer = await TcpPeer.ConnectAsync(new IPEndPoint(GatewayNetwork.GatewayV6, port), new IPEndPoint(BalancerV6, 0), network.Client);
                await balancer.SendAsync(header);
                await balancer.SendAsync("hello");
                using var accepted = await backend.NextAsync();
                Assert.Equal(IPEndPoint.Parse(claimed).Address, port == 9000 ? (await WireHeader.ReadAsync(accepted)).Source!.Address : accepted.Remote.Address);
                Assert.Equal("hello", await accepted.ReadTextAsync(5));
            }
        }
    }
}
