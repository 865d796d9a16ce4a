using System.Net;
using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tls;

/// <summary>TLS ends here, and the backend on another host still sees the client's own address.</summary>
public sealed class TransparentTlsTests
{
    [Fact]
    public async Task Redis_BehindATransparentTlsListener_ListsTheClientsOwnAddress()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        await network.ReturnByNftAsync();
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority("own");
        await using var redis = await RedisPeer.StartInsideAsync(network.Backend, new IPEndPoint(GatewayNetwork.BackendV4, 6379));
        var config = new ConfigFile().AddTls(
            "redis",
            $"{GatewayNetwork.GatewayV4}:6380",
            $"{GatewayNetwork.BackendV4}:6379",
            new { Mode = "Transparent" },
            PemPair.Write(folder, "redis", authority.Issue("redis", "redis.example")));
        await using var gateway = await GatewayProcess.StartAsync(config, new GatewayStart { Inside = network.Gateway });

        var list = await network.Client.RunAsync(
            DebianPeer.Require("redis-cli"), "-h", $"{GatewayNetwork.GatewayV4}", "-p", "6380", "--tls",
            "--cacert", folder.Write("ca.crt", authority.Pem), "--sni", "redis.example", "CLIENT", "LIST");

        Assert.Contains($" addr={GatewayNetwork.ClientV4}:", list, StringComparison.Ordinal);
        await gateway.WaitForAccessAsync($"client={GatewayNetwork.ClientV4}:", " sni=redis.example ", " tls=TLSv1.3 ");
    }
}
