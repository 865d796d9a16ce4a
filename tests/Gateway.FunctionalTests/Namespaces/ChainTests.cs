using System.Net;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Namespaces;

/// <summary>client → HAProxy → gateway → second gateway → backend, each hop telling the next.</summary>
public sealed class ChainTests
{
    [Fact]
    public async Task Chain_OfBalancerAndTwoGateways_BackendSeesTheClient()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        await network.ReturnByNftAsync();
        await using var backend = RecordingTcpServer.Start(endPoint: new IPEndPoint(GatewayNetwork.BackendV4, 8080), inside: network.Backend);

        // All three proxies live on the gateway's host, each listening on its own port.
        var inside = new GatewayStart { Inside = network.Gateway };
        await using var second = await GatewayProcess.StartAsync(
            new ConfigFile().AddTcp("second", 9002, backend.Address, new { Mode = "Transparent" }, new { TrustedProxies = new[] { "127.0.0.0/8" } }), inside);
        await using var first = await GatewayProcess.StartAsync(
            new ConfigFile().AddTcp("first", 9001, "127.0.0.1:9002", new { Mode = "ProxyProtocol" }, new { TrustedProxies = new[] { "127.0.0.0/8" } }), inside);
        await using var haproxy = await HaproxyPeer.StartAsync(
            $"""
            listen front
                bind {GatewayNetwork.GatewayV4}:9000
                server gateway 127.0.0.1:9001 send-proxy-v2
            """,
            network.Gateway);

        using var client = await TcpPeer.ConnectAsync(
            new IPEndPoint(GatewayNetwork.GatewayV4, 9000), new IPEndPoint(GatewayNetwork.ClientV4, 0), network.Client);
        await client.SendAsync("hello");
        using var accepted = await backend.NextAsync();

        Assert.Equal(GatewayNetwork.ClientV4, accepted.Remote.Address);
        Assert.Equal("hello", await accepted.ReadTextAsync(5));
        await accepted.SendAsync("answer");
        Assert.Equal("answer", await client.ReadTextAsync(6));
        client.Dispose();
        accepted.Dispose();
        foreach (var gateway in new[] { first, second })
        {
            await gateway.WaitForAccessAsync(GatewayNetwork.ClientV4.ToString());
        }
    }
}
