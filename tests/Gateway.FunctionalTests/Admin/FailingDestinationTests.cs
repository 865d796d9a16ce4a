using System.Text.Json;
using Gateway.FunctionalTests.Peers;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Admin;

/// <summary>The API tells which of two destinations it is that answers with errors.</summary>
public sealed class FailingDestinationTests
{
    [Fact]
    public async Task Clusters_OneDestinationAnswers503_SayWhichAndHowOften()
    {
        const int each = 3;
        var port = FreePorts.Next();
        await using var good = HttpBackend.Start();
        await using var busy = RecordingTcpServer.Start(static async peer =>
        {
            while ((await peer.ReadLineAsync()).Length > 0)
            {
                while ((await peer.ReadLineAsync()).Length > 0)
                {
                }

                await peer.SendAsync("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
            }
        });
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(FreePorts.Next(), good.Address, new { Mode = "None" })
                .AddHttp("web", port, good.Address)
                .Set("ReverseProxy:Clusters:web:LoadBalancingPolicy", "RoundRobin")
                .Set("ReverseProxy:Clusters:web:Destinations:web-1", new { Address = $"http://{busy.Address}/" }));
        using var client = new HttpClient();
        for (var i = 0; i < 2 * each; i++)
        {
            using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/"));
        }

        var clusters = new Uri($"http://127.0.0.1:{gateway.AdminPort}/api/clusters");
        var counted = await Eventually.GetAsync(
            async () => JsonDocument.Parse(await client.GetStringAsync(clusters)).RootElement
                .GetProperty("clusters").EnumerateArray().Single(static one => one.GetProperty("name").GetString() == "web")
                .GetProperty("destinations").EnumerateArray().Select(static one => one.GetProperty("lastMinute"))
                .Select(static minute => (minute.GetProperty("requests").GetInt32(), minute.GetProperty("failed").GetInt32())).ToArray(),
            static all => all.Sum(static one => one.Item1) == 2 * each,
            "all requests");
        Assert.Equal([(each, 0), (each, each)], counted);
    }
}
