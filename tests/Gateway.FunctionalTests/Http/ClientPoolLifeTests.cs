using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Gateway.Configuration;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;

namespace Gateway.FunctionalTests.Http;

/// <summary>How the connections of HTTP clients live and end: limit, WebSockets, reload. Transparent between loopback addresses, which needs no right.</summary>
public sealed class ClientPoolLifeTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private HttpBackend _backend = null!;

    public async ValueTask InitializeAsync() => _backend = await HttpBackend.StartAsync();

    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Fact]
    public async Task Limit_AllInUse_IsA503WithItsReasonAndPlacesComeBack()
    {
        await using var gateway = await StartAsync(("Mode", "Transparent"), ("MaxClients", "1"));
        using var one = await Visitor.ConnectAsync(gateway["web"], "127.0.0.9");
        using var two = await Visitor.ConnectAsync(gateway["web"], "127.0.0.10");
        var held = one.SendAsync("gated", completion: HttpCompletionOption.ResponseHeadersRead);
        using var began = await held.WaitAsync(Limits.Wait);

        using var refused = await two.SendAsync("show");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        var line = await gateway.WaitForAccessLineAsync(line => line.Contains("status=503", StringComparison.Ordinal));
        Assert.Contains("error=ClientLimit detail=\"1 clients have requests under way (SourceIp.MaxClients)\"", line, StringComparison.Ordinal);

        _backend.Gate.SetResult();
        Assert.Equal("first last", await began.Content.ReadAsStringAsync().WaitAsync(Limits.Wait));
        // The first client is idle soon: its place is the second one's, and the other way round.
        await ServedAsync(two);
        await ServedAsync(one);
    }

    [Fact]
    public async Task WebSocket_LongSilence_StaysAndOthersMayNotTakeItsPlace()
    {
        await using var gateway = await StartAsync(("Mode", "Transparent"), ("MaxClients", "1"), ("IdleTimeout", "1s"));
        using var limit = new CancellationTokenSource(Limits.Wait);
        using var socket = new ClientWebSocket();
        using var from = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var bound = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                bound.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.9"), 0));
                await bound.ConnectAsync(gateway["web"], cancellation);
                return new NetworkStream(bound, ownsSocket: true);
            },
        });
        await socket.ConnectAsync(new Uri($"ws://{gateway["web"]}/socket"), from, limit.Token);
        await EchoAsync(socket, "one", limit.Token);
        _time.Advance(TimeSpan.FromHours(1));
        await EchoAsync(socket, "two", limit.Token);

        using var other = await Visitor.ConnectAsync(gateway["web"], "127.0.0.10");
        using (var refused = await other.SendAsync("show"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        }

        await EchoAsync(socket, "three", limit.Token);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
        await ServedAsync(other);
    }

    [Fact]
    public async Task Reload_OfTheMetadataAlone_CountsForNewRequestsAndBreaksNone()
    {
        await using var gateway = await StartAsync(("Mode", "Transparent"), ("MaxClients", "1"));
        using var one = await Visitor.ConnectAsync(gateway["web"], "127.0.0.9");
        using var two = await Visitor.ConnectAsync(gateway["web"], "127.0.0.10");
        using var began = await one.SendAsync("gated", completion: HttpCompletionOption.ResponseHeadersRead).WaitAsync(Limits.Wait);

        gateway.Update(Config(("Mode", "Transparent"), ("MaxClients", "2")));
        await two.GetAsync("show");
        // The same keys again: the clients of the second configuration stay, and the one of the first is still under way.
        gateway.Update(Config(("MaxClients", "2"), ("Mode", "transparent")));
        await two.GetAsync("show");
        gateway.Update(Config());
        await two.GetAsync("show");
        _backend.Gate.SetResult();

        Assert.Equal("first last", await began.Content.ReadAsStringAsync().WaitAsync(Limits.Wait));
        await one.GetAsync("show");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Load_OfManyClientsWhileReloading_EveryAnswerIsForTheRightClientAndNoneFails(bool http2)
    {
        var behind = FreePorts.Next();
        await using var nginx = await NginxPeer.StartAsync(behind, http: $"server {{ listen 127.0.0.1:{behind} proxy_protocol; location / {{ return 200 '$proxy_protocol_addr:$proxy_protocol_port'; }} }}");
        GatewayConfig Config(string version) => HttpTestGateway.Config(
            $"http://127.0.0.1:{behind}/",
            listener => listener with { HttpVersion = http2 ? ListenerHttpVersion.Http2 : ListenerHttpVersion.Http1 },
            cluster: cluster => cluster with { Metadata = new Dictionary<string, string> { ["SourceIp.Mode"] = "ProxyProtocol", ["SourceIp.Version"] = version } });
        await using var gateway = await HttpTestGateway.StartAsync(Config("V1"));
        using var stop = new CancellationTokenSource();
        var answers = 0;
        var carrying = Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var client = await Visitor.ConnectAsync(gateway["web"], $"127.0.0.{10 + (i % 4)}", http2: http2);
                for (var n = 0; n < 10; n++)
                {
                    // Several at once need several connections; HTTP/1.1 has one at a time.
                    var asked = await Task.WhenAll(Enumerable.Range(0, http2 ? 4 : 1).Select(_ => client.GetAsync()));
                    Assert.All(asked, answer => Assert.Equal(client.Local.ToString(), answer));
                    Interlocked.Add(ref answers, asked.Length);
                }
            }
        })).ToArray();

        for (var reload = 1; reload <= 40; reload++)
        {
            var wanted = reload * 25;
            await Eventually.TrueAsync(() => Volatile.Read(ref answers) >= wanted || carrying.Any(task => task.IsFaulted), "answers between two reloads", Limits.Wait);
            gateway.Update(Config(reload % 2 == 0 ? "V1" : "V2"));
        }

        await stop.CancelAsync();
        await Task.WhenAll(carrying).WaitAsync(Limits.Wait);
    }

    [Fact]
    public async Task Transparent_FallbackReject_IsA502AndNotTheDestinationsFault()
    {
        await using var gateway = await StartAsync(IPAddress.IPv6Loopback, ("Mode", "Transparent"));
        using var own = await Visitor.ConnectAsync(gateway["web"], "::1");

        using var refused = await own.SendAsync("show");

        Assert.Equal(HttpStatusCode.BadGateway, refused.StatusCode);
        await gateway.WaitForAccessLineAsync(line => line.Contains("error=SourceIp detail=\"::1 cannot be the source of a connection to 127.0.0.1", StringComparison.Ordinal));
        gateway.Update(Config(("Mode", "Transparent"), ("Fallback", "None")));
        await own.GetAsync("show");
    }

    [Theory]
    [InlineData("Transparent", 9, DestinationHealth.Healthy)]
    [InlineData("None", 9, DestinationHealth.Unhealthy)]
    public async Task Refusals_OfOurOwn_DoNotCountAgainstTheDestinationsHealth(string mode, int port, DestinationHealth expected)
    {
        // Nobody listens there: without the mode, these are the destination's failures.
        await using var gateway = await HttpTestGateway.StartAsync(
            HttpTestGateway.Config($"http://127.0.0.1:{port}/", cluster: cluster => cluster with
            {
                HealthCheck = new HealthCheckConfig { Passive = new PassiveHealthCheckConfig { Enabled = true, Policy = "TransportFailureRate", ReactivationPeriod = TimeSpan.FromHours(1) } },
                Metadata = new Dictionary<string, string> { ["SourceIp.Mode"] = mode },
            }),
            IPAddress.IPv6Loopback, services => services.AddSingleton<TimeProvider>(_time));
        using var client = await Visitor.ConnectAsync(gateway["web"], "::1");

        for (var i = 0; i < 15; i++)
        {
            using var refused = await client.SendAsync("show");
            Assert.False(refused.IsSuccessStatusCode);
        }

        Assert.True(gateway.Services.GetRequiredService<IProxyStateLookup>().TryGetCluster("backend", out var cluster));
        await Eventually.TrueAsync(() => cluster.Destinations["one"].Health.Passive == expected, $"{expected}", Limits.Wait);
    }

    // A place comes back after the response has gone out, when the server has done with the request.
    private static Task ServedAsync(Visitor client) => Eventually.TrueAsync(
        async () =>
        {
            using var answer = await client.SendAsync("show");
            return answer.StatusCode == HttpStatusCode.OK ? true : answer.StatusCode == HttpStatusCode.ServiceUnavailable ? false : throw new HttpRequestException($"{answer.StatusCode}");
        },
        "the place comes back", Limits.Wait);

    private static async Task EchoAsync(ClientWebSocket socket, string text, CancellationToken limit)
    {
        await socket.SendAsync(Encoding.ASCII.GetBytes(text), WebSocketMessageType.Text, true, limit);
        var buffer = new byte[64];
        var message = await socket.ReceiveAsync(buffer, limit);
        Assert.Equal(text, Encoding.ASCII.GetString(buffer, 0, message.Count));
    }

    private GatewayConfig Config(params (string Key, string Value)[] sourceIp) => HttpTestGateway.Config(
        _backend.Http1, cluster: cluster => cluster with { Metadata = sourceIp.ToDictionary(pair => $"SourceIp.{pair.Key}", pair => pair.Value, StringComparer.OrdinalIgnoreCase) });

    private Task<HttpTestGateway> StartAsync(params (string Key, string Value)[] sourceIp) => StartAsync(IPAddress.Loopback, sourceIp);

    private Task<HttpTestGateway> StartAsync(IPAddress address, params (string Key, string Value)[] sourceIp) =>
        HttpTestGateway.StartAsync(Config(sourceIp), address, services: services => services.AddSingleton<TimeProvider>(_time));
}
