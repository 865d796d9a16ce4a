using System.Net;
using System.Text.Json;
using Gateway.Testing;

namespace Gateway.FunctionalTests.Admin;

/// <summary>The API of the Admin listener, at a gateway with real clients.</summary>
public sealed class AdminApiTests(AdminGateway admin) : IClassFixture<AdminGateway>
{
    [Fact]
    public async Task Connections_OfBothPlanes_SayWhoseTheyAreAndHowThatIsKnown()
    {
        using var tcp = await admin.ConnectAsync("203.0.113.7");
        using var http = await admin.RequestAsync("198.51.100.9", "/path?secret");

        var relayed = await OneAsync("/api/connections?client=203.0.113.7&listener=in&route=in");
        Assert.Equal("203.0.113.7:4711", Text(relayed, "client"));
        Assert.Equal(tcp.Local.ToString(), Text(relayed, "peer"));
        Assert.Equal("ProxyProtocolV1", Text(relayed, "source"));
        Assert.Equal("tcp", Text(relayed, "protocol"));
        Assert.Equal(("in", "in", "in"), (Text(relayed, "listener"), Text(relayed, "route"), Text(relayed, "cluster")));
        Assert.StartsWith("in-", Text(relayed, "destination"), StringComparison.Ordinal);
        Assert.Equal("None", Text(relayed, "mode"));
        // The client has its bytes before they are counted.
        await admin.WaitForAsync("/api/connections?client=203.0.113.7&listener=in&route=in", static answer =>
            answer.GetProperty("connections")[0] is var one && (one.GetProperty("received").GetInt64(), one.GetProperty("sent").GetInt64()) == (5, 5));

        var asked = await OneAsync("/api/connections?client=198.51.100.0/24");
        Assert.Equal("198.51.100.9", Text(asked, "client"));
        Assert.Equal("XForwardedFor", Text(asked, "source"));
        Assert.Equal(http.Local.ToString(), Text(asked, "hop"));
        Assert.Equal(("web", "web", "web-0"), (Text(asked, "route"), Text(asked, "cluster"), Text(asked, "destination")));
        Assert.Equal("GET /path", Text(asked, "request"));
        Assert.Equal("X-Forwarded-For", Text(asked, "mode"));
    }

    [Fact]
    public async Task Connections_WithALimit_TheNewestAndTheNumberOfAll()
    {
        using var first = await admin.ConnectAsync("203.0.113.20", 1);
        using var second = await admin.ConnectAsync("203.0.113.20", 2);

        var answer = await admin.GetAsync("/api/connections?client=203.0.113.20&limit=1");
        Assert.Equal(2, answer.GetProperty("total").GetInt32());
        Assert.Equal("203.0.113.20:2", Text(Assert.Single(answer.GetProperty("connections").EnumerateArray()), "client"));
        Assert.Equal("203.0.113.20:1", Text(await OneAsync("/api/connections?client=203.0.113.20&limit=1&sort=oldest"), "client"));
        Assert.Equal("203.0.113.20:1", Text(await OneAsync("/api/connections?client=203.0.113.20:1"), "client"));
        using var bad = await admin.OpenAsync("/api/connections?client=nobody");
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
    }

    [Fact]
    public async Task Delete_WithTheToken_EndsConnectionsOfBothPlanesForTheirOwnReason()
    {
        using var tcp = await admin.ConnectAsync("203.0.113.30");
        using var http = await admin.RequestAsync("198.51.100.30");
        var id = Text(await OneAsync("/api/connections?client=203.0.113.30"), "id");

        Assert.Equal(HttpStatusCode.Unauthorized, await admin.SendAsync(HttpMethod.Delete, $"/api/connections/{id}", token: null));
        Assert.Equal(
            HttpStatusCode.Unauthorized, await admin.SendAsync(HttpMethod.Delete, $"/api/connections/{id}", "another-token-entirely"));
        Assert.Equal(1, (await admin.GetAsync("/api/connections?client=203.0.113.30")).GetProperty("total").GetInt32());
        Assert.Equal(HttpStatusCode.NoContent, await admin.SendAsync(HttpMethod.Delete, $"/api/connections/{id}"));
        await tcp.WaitForEndAsync();
        var web = Text(await OneAsync("/api/connections?client=198.51.100.30"), "id");
        Assert.Equal(HttpStatusCode.NoContent, await admin.SendAsync(HttpMethod.Delete, $"/api/connections/{web}"));

        foreach (var (client, gone) in new[] { ("203.0.113.30", id), ("198.51.100.30", web) })
        {
            var closed = await admin.WaitForAsync(
                $"/api/closed?client={client}", static answer => answer.GetProperty("total").GetInt32() == 1);
            Assert.Equal("admin", Text(closed.GetProperty("closed")[0], "reason"));
            // It leaves the list of the live ones last.
            await Eventually.TrueAsync(
                async () => await admin.SendAsync(HttpMethod.Delete, $"/api/connections/{gone}") == HttpStatusCode.NotFound, "gone");
        }

        Assert.Equal(HttpStatusCode.NotFound, await admin.SendAsync(HttpMethod.Delete, "/api/connections/nobody-1"));
        var reasons = await admin.GetAsync("/api/reasons");
        Assert.True(reasons.GetProperty("intervals").EnumerateArray().Sum(static interval =>
            interval.GetProperty("reasons").TryGetProperty("admin", out var count) ? count.GetInt32() : 0) >= 2);
    }

    [Fact]
    public async Task Drain_OfADestination_KeepsConnectionsAwayOverAReload()
    {
        using var before = await admin.ConnectAsync("203.0.113.40");
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            await admin.SendAsync(HttpMethod.Post, "/api/clusters/in/destinations/in-0/drain", "wrong-wrong-wrong-wrong"));
        Assert.Equal(HttpStatusCode.NotFound, await admin.SendAsync(HttpMethod.Post, "/api/clusters/in/destinations/none/drain"));
        Assert.Equal(HttpStatusCode.NoContent, await admin.SendAsync(HttpMethod.Post, "/api/clusters/in/destinations/in-0/drain"));
        await admin.Gateway.ReloadAsync(admin.Config.Copy().Set("Limits:MaxHandshakes", 100));
        await admin.Gateway.ReloadAsync(admin.Config);

        Assert.True(await DrainedAsync("in", "in-0"));
        for (var i = 0; i < 4; i++)
        {
            using var after = await admin.ConnectAsync("203.0.113.41", i + 1);
            Assert.Equal("in-1", Text(await OneAsync($"/api/connections?client=203.0.113.41:{i + 1}"), "destination"));
        }

        await before.SendAsync("still");
        Assert.Equal("still", await before.ReadTextAsync(5));
        Assert.Equal(HttpStatusCode.NoContent, await admin.SendAsync(HttpMethod.Post, "/api/clusters/in/destinations/in-0/undrain"));
        Assert.False(await DrainedAsync("in", "in-0"));
        using var one = await admin.ConnectAsync("203.0.113.42", 1);
        using var other = await admin.ConnectAsync("203.0.113.42", 2);
        var both = await admin.GetAsync("/api/connections?client=203.0.113.42");
        Assert.Equal(2, both.GetProperty("connections").EnumerateArray().Select(static row => Text(row, "destination")).Distinct().Count());
    }

    [Fact]
    public async Task Drain_OfAnHttpDestination_GivesItNoRequest()
    {
        Assert.Equal(HttpStatusCode.NoContent, await admin.SendAsync(HttpMethod.Post, "/api/clusters/web/destinations/web-0/drain"));
        try
        {
            Assert.True(await DrainedAsync("web", "web-0"));
            using var client = new HttpClient();
            using var refused = await client.GetAsync(new Uri($"http://127.0.0.1:{admin.HttpPort}/"));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        }
        finally
        {
            await admin.SendAsync(HttpMethod.Post, "/api/clusters/web/destinations/web-0/undrain");
        }

        using var served = await admin.RequestAsync("198.51.100.50");
    }

    [Fact]
    public async Task Clusters_AfterConnectionsAndRequests_SayHowLongTheyTookInTheLastMinute()
    {
        using var tcp = await admin.ConnectAsync("203.0.113.70");
        using var http = await admin.RequestAsync("198.51.100.70");

        // A request is counted when it has ended, after its client has the answer.
        var clusters = await admin.WaitForAsync("/api/clusters", static all => LastMinute(all, "web", "requests").Count > 0);
        var connects = LastMinute(clusters, "in", "connects");
        Assert.True(connects.Count > 0);
        Assert.InRange(connects.P99, 0.001, 60_000);
        Assert.InRange(LastMinute(clusters, "web", "requests").P99, 0.001, 60_000);
    }

    [Fact]
    public async Task Config_AfterARefusedFile_HasTheErrorUntilAGoodOne()
    {
        var version = (await admin.GetAsync("/api/config")).GetProperty("version").GetInt32();
        admin.Gateway.Rewrite(admin.Config.Copy().Set("Listeners:in:Protocol", "Nonsense"));
        var refused = await admin.WaitForAsync(
            "/api/config", static config => config.GetProperty("lastError").ValueKind == JsonValueKind.String);
        Assert.Contains("Listeners:in:Protocol", Text(refused, "lastError"), StringComparison.Ordinal);
        Assert.Equal(version, refused.GetProperty("version").GetInt32());

        await admin.Gateway.ReloadAsync(admin.Config);
        var good = await admin.GetAsync("/api/config");
        Assert.Equal(admin.Gateway.ConfigPath, Text(good, "file"));
        Assert.Equal(JsonValueKind.Null, good.GetProperty("lastError").ValueKind);
        Assert.True(good.GetProperty("version").GetInt32() > version);
    }

    [Fact]
    public async Task Listeners_RoutesAndStatus_AreThoseOfTheFile()
    {
        var listeners = (await admin.GetAsync("/api/listeners")).GetProperty("listeners").EnumerateArray().ToList();
        Assert.Equal(["in", "web"], listeners.Select(static listener => Text(listener, "name")).Order());
        var web = listeners.Single(static listener => Text(listener, "name") == "web");
        Assert.Equal("00:02:10", Text(web, "keepAliveTimeout"));
        Assert.Equal("00:05:00", Text(web, "responseStallTimeout"));
        var routes = (await admin.GetAsync("/api/routes")).GetProperty("routes").EnumerateArray().ToList();
        Assert.Equal(["tcp", "http"], routes.Select(static route => Text(route, "protocol")));
        // HTTP: not in the file, but in force.
        Assert.All(routes, static route => Assert.Equal("01:00:00", Text(route, "idleTimeout")));
        Assert.False((await admin.GetAsync("/api/status")).GetProperty("readOnly").GetBoolean());
        using var other = await admin.OpenAsync("/api/other");
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, await admin.SendAsync(HttpMethod.Delete, "/api/connections"));
    }

    [Fact]
    public async Task Events_WhileConnectionsEnd_TellOfThem()
    {
        using var response = await admin.OpenAsync("/api/events?client=203.0.113.60");
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        using var events = new StreamReader(await response.Content.ReadAsStreamAsync());
        using var status = await NextAsync(events, "status");
        Assert.True(status.RootElement.GetProperty("config").GetProperty("version").GetInt32() >= 1);

        (await admin.ConnectAsync("203.0.113.61")).Dispose();
        (await admin.ConnectAsync("203.0.113.60")).Dispose();

        using var closed = await NextAsync(events, "closed");
        Assert.Equal("203.0.113.60:4711", Text(Assert.Single(closed.RootElement.GetProperty("closed").EnumerateArray()), "client"));
    }

    [Fact]
    public async Task Events_ForTooManySubscribers_AreRefused()
    {
        var streams = new List<HttpResponseMessage>();
        try
        {
            HttpResponseMessage last;
            do
            {
                streams.Add(last = await admin.OpenAsync("/api/events"));
            }
            while (last.StatusCode == HttpStatusCode.OK && streams.Count < 20);

            Assert.Equal(HttpStatusCode.ServiceUnavailable, last.StatusCode);
        }
        finally
        {
            streams.ForEach(static stream => stream.Dispose());
        }

        // Those who left have given their places back.
        await Eventually.TrueAsync(
            async () =>
            {
                using var again = await admin.OpenAsync("/api/events");
                return again.StatusCode == HttpStatusCode.OK;
            },
            "a free place");
    }

    // Over the destinations of a cluster.
    private static (int Count, double P99) LastMinute(JsonElement clusters, string cluster, string what)
    {
        var minutes = clusters.GetProperty("clusters").EnumerateArray().Single(one => Text(one, "name") == cluster)
            .GetProperty("destinations").EnumerateArray().Select(static one => one.GetProperty("lastMinute")).ToList();
        return (
            minutes.Sum(minute => minute.GetProperty(what).GetInt32()),
            minutes.Max(static minute => minute.GetProperty("p99Ms").GetDouble()));
    }

    private static async Task<JsonDocument> NextAsync(StreamReader events, string name)
    {
        using var deadline = new CancellationTokenSource(Eventually.DefaultTimeout);
        while (await events.ReadLineAsync(deadline.Token) is { } line)
        {
            if (line == $"event: {name}")
            {
                return JsonDocument.Parse((await events.ReadLineAsync(deadline.Token))!["data: ".Length..]);
            }
        }

        throw new InvalidOperationException("The stream has ended.");
    }

    private async Task<JsonElement> OneAsync(string path) =>
        Assert.Single((await admin.WaitForAsync(path, static answer => answer.GetProperty("connections").GetArrayLength() == 1))
            .GetProperty("connections").EnumerateArray());

    private async Task<bool> DrainedAsync(string cluster, string destination) =>
        (await admin.GetAsync("/api/clusters")).GetProperty("clusters").EnumerateArray()
            .Single(one => Text(one, "name") == cluster).GetProperty("destinations").EnumerateArray()
            .Single(one => Text(one, "name") == destination).GetProperty("drained").GetBoolean();

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
