using System.Net;
using System.Net.Sockets;
using Gateway.Configuration;
using Gateway.Tcp.Admission;
using Gateway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.FunctionalTests.Http;

/// <summary>Connections to destinations in a process with room for eight descriptors, four of them for connections beyond one for each client's. One HTTP/2 connection of a client asks for all.</summary>
public sealed class DestinationRoomTests : IAsyncLifetime
{
    private const int Possible = 4;

    private HttpBackend _backend = null!;

    public async ValueTask InitializeAsync() => _backend = await HttpBackend.StartAsync();

    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Theory]
    [InlineData("None", Possible + 1)]
    [InlineData("Transparent", Possible)]
    public async Task Streams_MoreThanThereIsRoomFor_AreA503WithItsReasonAndTheOthersGoOn(string mode, int room)
    {
        await using var gateway = await StartAsync(mode);
        var limit = gateway.Services.GetRequiredService<ConnectionLimit>();
        using var proxy = await Visitor.ConnectAsync(gateway["web"], "127.0.0.1", http2: true);
        var held = new List<HttpResponseMessage>();
        for (var i = 0; i < room; i++)
        {
            held.Add(await proxy.SendAsync("gated", $"127.0.1.{i}", HttpCompletionOption.ResponseHeadersRead).WaitAsync(Limits.Wait));
        }

        using (var refused = await proxy.SendAsync("show", "127.0.1.99"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        }

        var line = await gateway.WaitForAccessLineAsync(line => line.Contains("status=503", StringComparison.Ordinal));
        Assert.Contains($"error=ClientLimit detail=\"the descriptor limit has no room for another connection to a destination ({Possible} are open)", line, StringComparison.Ordinal);
        Assert.Equal((1, Possible), (limit.Count, limit.Further));

        _backend.Gate.SetResult();
        foreach (var response in held)
        {
            Assert.Equal("first last", await response.Content.ReadAsStringAsync().WaitAsync(Limits.Wait));
            response.Dispose();
        }

        // Whoever is idle now gives way to new clients.
        for (var i = 100; i < 120; i++)
        {
            await ServedAsync(proxy, $"127.0.1.{i}");
        }

        Assert.True(limit.Further <= Possible);
    }

    [Fact]
    public async Task Clients_ComeWhenOthersAreIdle_FindRoom()
    {
        await using var gateway = await StartAsync("Transparent");
        var limit = gateway.Services.GetRequiredService<ConnectionLimit>();
        using var proxy = await Visitor.ConnectAsync(gateway["web"], "127.0.0.1", http2: true);
        for (var i = 0; i < Possible; i++)
        {
            await proxy.GetAsync("show", $"127.0.1.{i}");
        }

        Assert.Equal((1, Possible), (limit.Count, limit.Further));
        // Three connections of clients leave room for two others.
        var visitors = new List<Socket>();
        for (var i = 1; i < Possible - 1; i++)
        {
            visitors.Add(await ProxyClient.ConnectAsync(gateway["web"]));
            await Eventually.TrueAsync(() => limit.Count == visitors.Count + 1, "the connection has its place", Limits.Wait);
        }

        await Eventually.TrueAsync(() => limit.Further == 2, "two connections to the destination have ended", Limits.Wait);
        visitors.ForEach(visitor => visitor.Dispose());
        await Eventually.TrueAsync(() => limit.Count == 1, "places come back", Limits.Wait);
        await proxy.GetAsync("show", "127.0.1.9");
    }

    [Fact]
    public async Task Destination_ThatRefuses_TakesNoRoom()
    {
        // Nobody listens there.
        await using var gateway = await StartAsync("Transparent", "http://127.0.0.1:9/");
        using var proxy = await Visitor.ConnectAsync(gateway["web"], "127.0.0.1", http2: true);

        for (var i = 0; i < 3 * Possible; i++)
        {
            using var failed = await proxy.SendAsync("show", $"127.0.1.{i}");
            Assert.Equal(HttpStatusCode.BadGateway, failed.StatusCode);
        }

        Assert.Equal(0, gateway.Services.GetRequiredService<ConnectionLimit>().Further);
    }

    // A connection is idle after its response has gone out, when the server has done with the request.
    private static Task ServedAsync(Visitor proxy, string client) => Eventually.TrueAsync(
        async () =>
        {
            using var answer = await proxy.SendAsync("show", client);
            return answer.StatusCode == HttpStatusCode.OK ? true : answer.StatusCode == HttpStatusCode.ServiceUnavailable ? false : throw new HttpRequestException($"{answer.StatusCode}");
        },
        "room for another client", Limits.Wait);

    private Task<HttpTestGateway> StartAsync(string mode, string? destination = null) => HttpTestGateway.StartAsync(
        HttpTestGateway.Config(
            destination ?? _backend.Http1,
            listener => listener with { HttpVersion = ListenerHttpVersion.Http2, ForwardedHeaders = new ForwardedHeadersConfig { TrustedProxies = ["127.0.0.1/32"] } },
            cluster: cluster => cluster with { Metadata = new Dictionary<string, string> { ["SourceIp.Mode"] = mode } }),
        services: services => services.AddSingleton(new ConnectionLimit(null, Possible)));
}
