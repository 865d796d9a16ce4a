using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Portable;
using Gateway.Tcp.Health;
using Gateway.Tcp.Health.Probes;
using Gateway.Testing;
using Gateway.Testing.Network;

namespace Gateway.FunctionalTests.Namespaces;

/// <summary>A host that has one port to connect from, which is taken: that is no fault of a destination.</summary>
public sealed class OwnShortageTests
{
    private static readonly IPEndPoint Address = IPEndPoint.Parse("127.0.0.1:7000");

    [Fact]
    public async Task NoPortLeft_HealthCheck_SaysNothingAboutTheDestination()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        await network.Gateway.RunAsync("sysctl", "-w", "net.ipv4.ip_local_port_range=40000 40000");
        await using var backend = RecordingTcpServer.StartEcho(Address, inside: network.Gateway);

        Assert.True(await ProbeAsync(network));
        using (var taken = network.Gateway.CreateSocket(AddressFamily.InterNetwork))
        {
            await taken.ConnectAsync(Address, TestContext.Current.CancellationToken);
            Assert.Null(await ProbeAsync(network));
            var connected = await ConnectAsync(network);
            Assert.Equal((ConnectFailure.Resources, SocketError.AddressNotAvailable), (connected.Failure, connected.Error));
            taken.LingerState = new LingerOption(true, 0);
        }

        Assert.True(await ProbeAsync(network));
        await backend.DisposeAsync();
        Assert.False(await ProbeAsync(network));
    }

    // The sockets are made on the thread that is inside.
    private static async Task<bool?> ProbeAsync(GatewayNetwork network)
    {
        var rules = HealthCheckModel.Default with { Timeout = Eventually.DefaultTimeout };
        var target = new ProbeTarget(Address, new DestinationModel("d", $"{Address}"), rules, null);
        var result = await network.Gateway.Run(
            () => new HealthProbe(new OwnListeners(), TimeProvider.System).CheckAsync(target, CancellationToken.None));
        return result.IsGood;
    }

    private static Task<ConnectResult> ConnectAsync(GatewayNetwork network) => network.Gateway.Run(() =>
        new SocketConnector(new OwnListeners(), TimeProvider.System, CancellationToken.None)
            .ConnectAsync(new ConnectRequest { Destination = Address, Timeout = Eventually.DefaultTimeout }).AsTask());
}
