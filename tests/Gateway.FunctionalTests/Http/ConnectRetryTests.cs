using System.Net;
using System.Text;
using Gateway.Configuration;
using Gateway.Testing.Network;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.FunctionalTests.Http;

/// <summary>A request goes to another destination if the connect failed, and only then.</summary>
public sealed class ConnectRetryTests
{
    private const string Refusing = "http://127.0.0.1:1/";

    [Theory]
    [InlineData(null)]
    [InlineData("ProxyProtocol")]
    public async Task OneOfTwoRefuses_TwoHundredRequests_NoneFails(string? mode)
    {
        await using var backend = RecordingHttpBackend.Start();
        await using var gateway = await HttpTestGateway.StartAsync(Two(Refusing, backend.Url, mode: mode));
        using var client = new HttpClient { BaseAddress = new Uri($"http://{gateway["web"]}/") };

        for (var i = 0; i < 200; i++)
        {
            using var request = new HttpRequestMessage(i % 2 == 0 ? HttpMethod.Get : HttpMethod.Post, $"/{i}");
            var body = i % 2 == 0 ? "" : $"{i}:" + new string('x', 100_000);
            request.Content = body.Length == 0 ? null : new Streamed(body);
            using var response = await client.SendAsync(request);

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var received = await backend.NextAsync();
            Assert.Equal(($"/{i}", body), (received.Target, received.Body));
        }

        Assert.Null(backend.Find());
    }

    [Fact]
    public async Task AllRefuse_EachIsAskedOnceAndTheAnswerIs502()
    {
        await using var gateway = await HttpTestGateway.StartAsync(Two(Refusing, "http://127.0.0.2:1/"));
        using var client = new HttpClient();

        using var response = await client.GetAsync(new Uri($"http://{gateway["web"]}/"));

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal("", await response.Content.ReadAsStringAsync());
        Assert.Contains(
            "error=Request",
            await gateway.WaitForAccessLineAsync(static line => line.Contains("status=502", StringComparison.Ordinal)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task OneTakesTheRequestAndDies_IsNotSentToTheOther()
    {
        await using var dying = RecordingTcpServer.Start(async peer =>
        {
            await peer.WaitForFirstByteAsync();
            peer.Reset();
        });
        await using var backend = RecordingHttpBackend.Start();
        await using var gateway = await HttpTestGateway.StartAsync(Two($"http://{dying.Address}/", backend.Url));
        using var client = new HttpClient { BaseAddress = new Uri($"http://{gateway["web"]}/") };

        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 4; i++)
        {
            using var response = await client.PostAsync("/", new Streamed("body"));
            statuses.Add(response.StatusCode);
        }

        Assert.Equal((2, 2, 2), (
            statuses.Count(static status => status == HttpStatusCode.OK),
            statuses.Count(static status => status == HttpStatusCode.BadGateway),
            dying.Accepted));
    }

    [Theory]
    [InlineData("Redistribute", HttpStatusCode.OK)]
    [InlineData("Return503Error", HttpStatusCode.BadGateway)]
    public async Task SessionOfADestinationThatRefuses_FollowsTheFailurePolicy(string policy, HttpStatusCode expected)
    {
        await using var backend = RecordingHttpBackend.Start();
        var gone = RecordingHttpBackend.Start();
        var affinity = new SessionAffinityConfig
        {
            Enabled = true,
            Policy = "HashCookie",
            AffinityKeyName = ".session",
            FailurePolicy = policy,
        };
        await using var gateway = await HttpTestGateway.StartAsync(Two(gone.Url, backend.Url, affinity));
        using var client = new HttpClient { BaseAddress = new Uri($"http://{gateway["web"]}/") };
        while (gone.Accepted == 0)
        {
            client.DefaultRequestHeaders.Remove("Cookie");
            using var first = await client.GetAsync("/");
            client.DefaultRequestHeaders.Add("Cookie", first.Headers.GetValues("Set-Cookie").Select(static cookie => cookie.Split(';')[0]));
        }

        await gone.DisposeAsync();
        // The first finds the connection that died with the backend.
        using var dead = await client.GetAsync("/");
        using var response = await client.GetAsync("/");

        Assert.Equal(expected, response.StatusCode);
    }

    private static GatewayConfig Two(string one, string two, SessionAffinityConfig? affinity = null, string? mode = null) =>
        HttpTestGateway.Config(one, cluster: cluster => cluster with
        {
            LoadBalancingPolicy = "RoundRobin",
            SessionAffinity = affinity,
            HealthCheck = new HealthCheckConfig { Passive = new PassiveHealthCheckConfig { Enabled = false } },
            Metadata = mode is null ? null : new Dictionary<string, string> { ["SourceIp.Mode"] = mode, ["SourceIp.Version"] = "V1" },
            Destinations = new Dictionary<string, DestinationConfig>
            {
                ["one"] = new() { Address = one },
                ["two"] = new() { Address = two },
            },
        });

    /// <summary>A body of unknown length, which can be read once.</summary>
    private sealed class Streamed(string text) : HttpContent
    {
        private bool _isRead;

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            Assert.False(_isRead);
            _isRead = true;
            for (var i = 0; i < text.Length; i += 7000)
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes(text[i..Math.Min(text.Length, i + 7000)]));
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
