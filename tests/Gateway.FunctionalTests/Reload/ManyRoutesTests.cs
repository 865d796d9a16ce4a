using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Reload;

/// <summary>A gateway with thousands of HTTP routes whose file is edited all day.</summary>
[Collection(HeavyTests.Name)]
public sealed class ManyRoutesTests
{
    private const int Routes = 3000;

    // A read used to leave some 18 MB behind, of 256 in all and 150 that are needed.
    private const int Reloads = 12;
    private const string HeapLimit = "0x10000000";

    [Fact]
    public async Task Reload_ThousandsOfRoutesManyTimes_FitsIntoTheSameHeap()
    {
        await using var web = Peers.HttpBackend.Start();
        var http = FreePorts.Next();
        var config = new ConfigFile().AddHttp("web", http, web.Address);
        for (var i = 0; i < Routes; i++)
        {
            config.Set($"ReverseProxy:Routes:r{i}", new { ClusterId = "web", Match = new { Path = $"/service{i}/{{**rest}}", Hosts = new[] { $"h{i % 50}.example.org" } } });
        }

        await using var gateway = await GatewayProcess.StartAsync(
            config, new GatewayStart { Environment = new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = HeapLimit } });

        for (var i = 0; i < Reloads; i++)
        {
            await gateway.ReloadAsync(config.Copy().Set("ReverseProxy:Routes:web:Match:Path", $"/edition{i}/{{**rest}}"));
        }

        using var client = new HttpClient();
        Assert.Contains("example", await client.GetStringAsync(new Uri($"http://127.0.0.1:{http}/edition{Reloads - 1}/example")), StringComparison.Ordinal);
        Assert.Empty(gateway.Complaints());
    }
}
