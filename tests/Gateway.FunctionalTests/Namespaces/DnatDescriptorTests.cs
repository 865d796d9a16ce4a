using System.Net;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Namespaces;

/// <summary>A gateway with Dnat routes that carries many connections besides.</summary>
public sealed class DnatDescriptorTests
{
    private const int RelayedPort = 9001;
    private const int MorePort = 9002;

    // Two descriptors each: more than the 1,024 that select(2) can take, by which libnftables waits. It ended the process.
    private const int Connections = 540;

    [Fact]
    public async Task Check_WithThousandsOfDescriptors_FindsTheRulesAndGoesOn()
    {
        await using var network = await DnatNetwork.CreateAsync();
        await using var backend = network.StartBackend(0);
        var config = DnatNetwork.Config(DnatNetwork.BackendAddress(0))
            .AddTcp("relayed", RelayedPort, DnatNetwork.BackendAddress(0), new { Mode = "None" }, address: "*");
        await using var gateway = await GatewayProcess.StartAsync(config, network.Start);
        var front = new IPEndPoint(DnatNetwork.Front.Address, RelayedPort);
        var relayed = new List<TcpPeer>();
        try
        {
            for (var number = 0; number < Connections; number++)
            {
                var client = new IPEndPoint(IPAddress.Parse("192.0.2.10"), 0);
                relayed.Add(await TcpPeer.ConnectAsync(front, client, network.Network.Client));
                Assert.Equal("one", await DnatNetwork.EchoAsync(relayed[^1], "one"));
            }

            // The checks of the page open nftables anew, and so does the self-test after a reload.
            using (var answer = await gateway.AdminAsync("/check"))
            {
                Assert.Contains("forward", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }

            await gateway.ReloadAsync(config
                .Set("Checks:AtStart", "Host")
                .AddTcp("more", MorePort, DnatNetwork.BackendAddress(0), new { Mode = "Dnat" }, address: "*"));
            await Eventually.TrueAsync(
                async () => (await network.NftAsync("list", "table", "inet", "gateway_dnat")).Contains("/more/", StringComparison.Ordinal),
                "the new route in the kernel");
            Assert.Equal("two", await DnatNetwork.EchoAsync(relayed[0], "two"));
        }
        finally
        {
            relayed.ForEach(static peer => peer.Dispose());
        }
    }
}
