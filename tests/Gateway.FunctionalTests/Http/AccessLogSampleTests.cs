using System.Net;
using System.Text.RegularExpressions;
using Gateway.Http.Connections;
using Gateway.Tcp.AccessLogs;
using Gateway.Tcp.Telemetry;
using Gateway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.FunctionalTests.Http;

/// <summary>
/// A share of an HTTP listener's connections in the access log, which has those in which something went wrong all the same.
/// </summary>
public sealed partial class AccessLogSampleTests
{
    private const double Share = 0.5;
    private const int Connections = 20;

    [Fact]
    public async Task Requests_OfAShareOfConnections_HaveLines()
    {
        await using var backend = await HttpBackend.StartAsync();
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(backend.Http1));
        var rules = gateway.Services.GetRequiredService<AccessLogState>();
        rules.Update(new AccessLogRules(listeners: Of(Share)));
        var live = gateway.Services.GetRequiredService<HttpConnectionServices>().Live;
        var all = new HashSet<long>();
        for (var i = 0; i < Connections; i++)
        {
            // Other gateways of this process take numbers, too: which are this one's is read while the client keeps the connection.
            await AskAsync(gateway, () => all.UnionWith(live.Snapshot().Select(static connection => connection.Id)));
        }

        // A request has its line before its connection has ended.
        await Eventually.TrueAsync(() => live.Count == 0, "all connections have ended");
        var logged = Numbers(gateway);
        Assert.Equal(Connections, all.Count);
        Assert.Equal(all.Where(static number => ConnectionSample.Has(number, Share)).Order(), logged);
        Assert.InRange(logged.Count, 1, Connections - 1);
    }

    [Fact]
    public async Task Requests_ThatFail_HaveLinesInAnyShare()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config("http://127.0.0.1:1/"));
        gateway.Services.GetRequiredService<AccessLogState>().Update(new AccessLogRules(listeners: Of(0)));

        Assert.Equal(HttpStatusCode.BadGateway, await AskAsync(gateway));

        await gateway.WaitForAccessLineAsync(static line => line.Contains(" status=502 ", StringComparison.Ordinal));
    }

    private static Dictionary<string, ListenerAccessLog> Of(double share) => new() { ["web"] = new ListenerAccessLog(true, share) };

    private static async Task<HttpStatusCode> AskAsync(HttpTestGateway gateway, Action? whileConnected = null)
    {
        using var client = new HttpClient();
        using var response = await client.GetAsync(new Uri($"http://{gateway["web"]}/"));
        whileConnected?.Invoke();
        return response.StatusCode;
    }

    private static List<long> Numbers(HttpTestGateway gateway) =>
    [
        .. gateway.Logs.GetSnapshot().Where(static record => record.Category == "Gateway.Access")
            .Select(static record => ConnectionIds.NumberOf(Id().Match(record.Message).Groups[1].Value)!.Value).Order(),
    ];

    [GeneratedRegex(@" id=(\S+)")]
    private static partial Regex Id();
}
