using Gateway.FunctionalTests.Shutdown;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Reload;

/// <summary>A listener that is made anew on its own port takes over the socket: there is no moment without a listener.</summary>
public sealed class SamePortTests
{
    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Listener_ThatIsMadeAnewOnItsPort_RefusesNobody(string engine)
    {
        await using var echo = RecordingTcpServer.StartEcho();
        await using var web = Peers.HttpBackend.Start();
        var (tcp, http) = (FreePorts.Next(), FreePorts.Next());
        var config = new ConfigFile().AddTcp("in", tcp, echo.Address, new { Mode = "None" }).AddHttp("web", http, web.Address)
            .Set("TcpProxy:Engine", engine);
        await using var gateway = await GatewayProcess.StartAsync(config);
        await using var connections = ShortConnections.ToEcho(tcp);
        await using var requests = ShortConnections.ToHttp(http);

        for (var round = 1; round <= 5; round++)
        {
            await gateway.ReloadAsync(config.Copy().Set("Listeners:in:KeepAlive", new { Time = $"{10 + round}s" })
                .Set("Listeners:web:HttpLimits", new { RequestHeadersTimeout = $"{20 + round}s" }));
            await connections.MoreAsync(20);
            await requests.MoreAsync(20);
        }

        await connections.StopAsync();
        await requests.StopAsync();
    }

    [Fact]
    public async Task Listener_ThatChangesItsProtocol_AcceptsOnWithTheNewOne()
    {
        await using var echo = RecordingTcpServer.StartEcho();
        await using var web = Peers.HttpBackend.Start();
        var port = FreePorts.Next();
        var config = ConfigFile.Tcp(port, echo.Address, new { Mode = "None" });
        await using var gateway = await GatewayProcess.StartAsync(config);
        using var live = await TcpPeer.ConnectAsync(port);
        await live.SendAsync("live");
        Assert.Equal("live", await live.ReadTextAsync(4));

        await gateway.ReloadAsync(config.Copy().Remove("TcpProxy").Remove("Listeners:in").AddHttp("web", port, web.Address));
        await using (var requests = ShortConnections.ToHttp(port))
        {
            await requests.MoreAsync(20);
            await requests.StopAsync();
        }

        await live.SendAsync("more");
        Assert.Equal("more", await live.ReadTextAsync(4));
        await gateway.ReloadAsync(config);
        await using var connections = ShortConnections.ToEcho(port);
        await connections.MoreAsync(20);
        await connections.StopAsync();
    }
}
