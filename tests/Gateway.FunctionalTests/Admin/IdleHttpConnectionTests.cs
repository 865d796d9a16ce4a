using System.Text.Json;
using Gateway.FunctionalTests.Peers;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Admin;

/// <summary>Who ended an HTTP connection between two requests: the server, because it was idle for too long, or the client.</summary>
public sealed class IdleHttpConnectionTests
{
    [Fact]
    public async Task Closed_AfterTheKeepAliveTimeout_SaysSoAndOfAClientThatLeavesNothing()
    {
        var port = FreePorts.Next();
        await using var backend = HttpBackend.Start();
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(FreePorts.Next(), backend.Address, new { Mode = "None" })
                .AddHttp("web", port, backend.Address)
                .Set("Listeners:web:HttpLimits", new { KeepAliveTimeout = "3s" }));
        using var idle = await TcpPeer.ConnectAsync(port);
        using (var brief = await TcpPeer.ConnectAsync(port))
        {
            await AskAsync(brief, "/brief");
        }

        await AskAsync(idle, "/idle");
        await idle.WaitForEndAsync();

        using var client = new HttpClient();
        var list = new Uri($"http://127.0.0.1:{gateway.AdminPort}/api/closed");
        var closed = await Eventually.GetAsync(
            async () => JsonDocument.Parse(await client.GetStringAsync(list)).RootElement
                .GetProperty("closed").EnumerateArray().ToDictionary(
                    static one => one.GetProperty("request").GetString()!,
                    static one => (one.GetProperty("reason").GetString(), one.GetProperty("detail").GetString())),
            static all => all.Count == 2,
            "both connections");
        Assert.Equal(("closed", null), closed["GET /brief"]);
        Assert.Equal(("closed", "keep_alive_timeout"), closed["GET /idle"]);
    }

    private static async Task AskAsync(TcpPeer peer, string path)
    {
        await peer.SendAsync($"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Equal("HTTP/1.1 200 OK", await peer.ReadLineAsync());
    }
}
