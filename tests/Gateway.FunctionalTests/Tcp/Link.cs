using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tcp;

/// <summary>A gateway with one relayed connection: the test holds both ends.</summary>
internal sealed class Link : IAsyncDisposable
{
    private readonly RecordingTcpServer _server;

    private Link(GatewayProcess gateway, RecordingTcpServer server, TcpPeer client, TcpPeer backend)
    {
        Gateway = gateway;
        _server = server;
        Client = client;
        Backend = backend;
    }

    public GatewayProcess Gateway { get; }

    public TcpPeer Client { get; }

    public TcpPeer Backend { get; }

    public static async Task<Link> OpenAsync(string engine, Func<ConfigFile, ConfigFile>? change = null)
    {
        var server = RecordingTcpServer.Start();
        var port = FreePorts.Next();
        var config = ConfigFile.Tcp(port, server.Address, new { Mode = "None" }).Set("TcpProxy:Engine", engine);
        var gateway = await GatewayProcess.StartAsync(change?.Invoke(config) ?? config);
        var client = await TcpPeer.ConnectAsync(port);
        return new Link(gateway, server, client, await server.NextAsync());
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Backend.Dispose();
        await _server.DisposeAsync();
        await Gateway.DisposeAsync();
    }
}
