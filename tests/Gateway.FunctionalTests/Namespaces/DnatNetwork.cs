using System.Net;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Namespaces;

/// <summary>A network whose gateway forwards, two echo backends in it (b0, b1), and the configuration that leads to them.</summary>
internal sealed class DnatNetwork : IAsyncDisposable
{
    private const int BackendPort = 8080;
    private readonly GatewayNetwork _network;
    private readonly List<RecordingTcpServer> _servers = [];

    private DnatNetwork(GatewayNetwork network) => _network = network;

    /// <summary>The port of the gateway's listener.</summary>
    public const int Port = 9000;

    /// <summary>Where the client connects to.</summary>
    public static IPEndPoint Front { get; } = new(GatewayNetwork.GatewayV4, Port);

    /// <summary>How the gateway is started here.</summary>
    public GatewayStart Start => new() { Inside = _network.Gateway };

    /// <summary>Makes the network, or skips the test.</summary>
    public static async Task<DnatNetwork> CreateAsync(bool forwards = true)
    {
        DebianPeer.Require("nft");
        var network = await GatewayNetwork.CreateAsync();
        if (forwards)
        {
            await network.ForwardAsync();
        }

        return new DnatNetwork(network);
    }

    /// <summary>An address of a backend, as configuration writes it.</summary>
    public static string BackendAddress(int index, bool v6 = false) => new IPEndPoint(Address(index, v6), BackendPort).ToString();

    /// <summary>
    /// A configuration: a listener, a Dnat route, and a cluster whose checks are often, without the self-test's connections. A backend that is gone refuses at once; the timeout is long, so that a busy machine
    /// ejects none that is there.
    /// </summary>
    public static ConfigFile Config(params string[] backends) => new ConfigFile()
        .AddTcp("in", Port, backends[0], new { Mode = "Dnat" }, address: "*")
        .Cluster("in", backends)
        .Set("Checks:AtStart", "None")
        .Set("TcpProxy:Clusters:in:HealthCheck", new { Active = new { Interval = "150ms", Timeout = "10s", Rise = 1, Fall = 2 } });

    /// <summary>Starts a backend that sends back what it gets; the test ends it.</summary>
    public RecordingTcpServer StartBackend(int index, bool v6 = false) =>
        RecordingTcpServer.StartEcho(new IPEndPoint(Address(index, v6), BackendPort), _network.Backend);

    /// <summary>Starts a backend that tells each client whom it sees.</summary>
    public void StartPeerName(int index, bool v6) =>
        _servers.Add(RecordingTcpServer.StartPeerName(new IPEndPoint(Address(index, v6), BackendPort), _network.Backend));

    /// <summary>A connection of the client number 0 to 9.</summary>
    public Task<TcpPeer> ConnectAsync(int client = 0, TimeSpan? timeout = null) => TcpPeer.ConnectAsync(
        Front, new IPEndPoint(IPAddress.Parse($"192.0.2.{10 + client}"), 0), _network.Client, timeout);

    /// <summary>A connection over IPv6.</summary>
    public Task<TcpPeer> ConnectV6Async() => TcpPeer.ConnectAsync(
        new IPEndPoint(GatewayNetwork.GatewayV6, Port), new IPEndPoint(GatewayNetwork.ClientV6, 0), _network.Client);

    /// <summary>Sends a word to an echo backend and gives what came back.</summary>
    public static async Task<string> EchoAsync(TcpPeer client, string word)
    {
        await client.SendAsync(word);
        return await client.ReadTextAsync(word.Length);
    }

    /// <summary>The network itself.</summary>
    public GatewayNetwork Network => _network;

    /// <summary>Runs nft on the gateway's host.</summary>
    public Task<string> NftAsync(params string[] arguments) => _network.NftAsync(arguments);

    /// <summary>Runs a command on the gateway's host.</summary>
    public async Task InGatewayAsync(params string[] command) =>
        (await ProcessRunner.RunAsync([.. _network.Gateway.CommandPrefix, .. command])).RequireSuccess();

    /// <summary>Takes the backends' route to the clients away.</summary>
    public async Task RemoveReturnRouteAsync() =>
        (await ProcessRunner.RunAsync(["ip", "-n", _network.Backend.Name, "route", "del", "default"])).RequireSuccess();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        await _network.DisposeAsync();
    }

    private static IPAddress Address(int index, bool v6) => (index, v6) switch
    {
        (0, false) => GatewayNetwork.BackendV4,
        (0, true) => GatewayNetwork.BackendV6,
        (_, false) => GatewayNetwork.SecondBackendV4,
        _ => GatewayNetwork.SecondBackendV6,
    };
}
