using System.Net;
using System.Net.WebSockets;
using System.Text;
using Gateway.Configuration;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Gateway.FunctionalTests.Http;

/// <summary>What is said of requests that have ended: in the access log and in metrics.</summary>
public sealed class RequestReportTests
{
    [Fact]
    public async Task Requests_AreCountedByWhereTheyWent_AndProbesAreNot()
    {
        await using var web = Peers.HttpBackend.Start();
        var (http, probes) = (FreePorts.Next(), FreePorts.Next());
        var file = new ConfigFile().AddHttp("web", http, web.Address).Set("Probes:Address", $"127.0.0.1:{probes}")
            .Set("ReverseProxy:Routes:dead:ClusterId", "dead").Set("ReverseProxy:Routes:dead:Match:Path", "/dead")
            .Set("ReverseProxy:Clusters:dead:Destinations:gone:Address", "http://127.0.0.1:1/");
        await using var gateway = await GatewayProcess.StartAsync(file);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{http}/") };
        using var prober = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{probes}/") };

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/")).StatusCode);
        Assert.Equal(HttpStatusCode.BadGateway, (await client.GetAsync("/dead")).StatusCode);
        using (var broken = await TcpPeer.ConnectAsync(http))
        {
            await broken.SendAsync("GARBAGE\r\n\r\n");
            await broken.WaitForEndAsync();
        }

        // What the gateway refuses is the client's fault as well, and no reason to look at a destination.
        using (var hidden = await TcpPeer.ConnectAsync(http))
        {
            await hidden.SendAsync("GET /a/..%2fb HTTP/1.1\r\nHost: a\r\n\r\n");
            await hidden.WaitForEndAsync();
        }

        // Anybody can say so: it is not told as a fault of the destination.
        using (var looping = await TcpPeer.ConnectAsync(http))
        {
            var passes = string.Join(',', Enumerable.Repeat("gateway", 10));
            await looping.SendAsync($"GET / HTTP/1.1\r\nHost: a\r\nCDN-Loop: {passes}\r\nConnection: close\r\n\r\n");
            await looping.WaitForEndAsync();
        }

        (await prober.GetAsync("/healthz/live")).EnsureSuccessStatusCode();

        await gateway.WaitForMetricAsync(
            "gateway_http_requests_total", v => v == 1, ("listener", "web"), ("route", "web"), ("cluster", "web"), ("destination", "web-0"), ("status", "2xx"));
        await gateway.WaitForMetricAsync("gateway_http_request_duration_seconds_count", v => v == 1, ("listener", "web"), ("route", "web"));
        await gateway.WaitForMetricAsync(
            "gateway_http_request_failures_total", v => v == 1, ("listener", "web"), ("route", "dead"), ("destination", "gone"), ("reason", "backend_connect_failed"));
        await gateway.WaitForMetricAsync("gateway_http_request_failures_total", v => v == 2, ("listener", "web"), ("reason", "bad_request"));
        await gateway.WaitForMetricAsync("gateway_http_request_failures_total", v => v == 1, ("listener", "web"), ("reason", "loop"));
        var all = await prober.GetStringAsync("/metrics");
        Assert.DoesNotContain("gateway_http_requests_total{listener=\"Probes\"", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AccessLine_HasTheHostAndWhatWasReceived()
    {
        await using var backend = await HttpBackend.StartAsync();
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(backend.Http1));
        using var client = await TcpPeer.ConnectAsync(gateway["web"]);

        await client.SendAsync("POST /upload HTTP/1.1\r\nHost: shop.example:81\r\nContent-Length: 5\r\nConnection: close\r\n\r\nabcde");
        await client.ReadToEndAsync();

        var line = await gateway.WaitForAccessLineAsync(line => line.Contains("path=/upload", StringComparison.Ordinal));
        Assert.Contains(" host=shop.example:81 received=5 method=POST path=/upload status=200 sent=1 ", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Http2WebSocket_BytesAreCountedBothWays()
    {
        await using var backend = await HttpBackend.StartAsync();
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(backend.Http1, listener => listener with { HttpVersion = ListenerHttpVersion.Http2 }));
        using var limit = new CancellationTokenSource(Limits.Wait);
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        using (var socket = new ClientWebSocket { Options = { HttpVersion = HttpVersion.Version20, HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact } })
        {
            await socket.ConnectAsync(new Uri($"ws://{gateway["web"]}/socket"), invoker, limit.Token);
            await socket.SendAsync(Encoding.ASCII.GetBytes(new string('x', 3000)), WebSocketMessageType.Text, true, limit.Token);
            await socket.ReceiveAsync(new byte[4096], limit.Token);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
        }

        var line = await gateway.WaitForAccessLineAsync(line => line.Contains("path=/socket", StringComparison.Ordinal));
        Assert.Matches(" received=30\\d\\d method=CONNECT path=/socket status=200 sent=30\\d\\d ", line);
    }

    [Fact]
    public async Task ServerReplacesTheAnswer_TheLogSaysWhatWasSent()
    {
        await using var backend = RecordingTcpServer.Start(async peer =>
        {
            while ((await peer.ReadLineAsync()).Length > 0)
            {
            }

            await peer.SendAsync("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        });
        await using var gateway = await HttpTestGateway.StartAsync(
            HttpTestGateway.Config($"http://127.0.0.1:{backend.Port}/"), services: services => services.AddSingleton<ITransformProvider, Promises>());
        using var client = new HttpClient { BaseAddress = new Uri($"http://{gateway["web"]}/") };

        Assert.Equal(HttpStatusCode.InternalServerError, (await client.GetAsync("/refuse")).StatusCode);

        var line = await gateway.WaitForAccessLineAsync(line => line.Contains("path=/refuse", StringComparison.Ordinal));
        Assert.Contains(" status=500 ", line, StringComparison.Ordinal);
        Assert.Matches("error=Replaced detail=\"?the server sent 500 instead of 401", line);
    }

    [Theory]
    [InlineData("GARBAGE\r\n\r\n", 400)]
    [InlineData("GET /LONG HTTP/1.1\r\nHost: x\r\n\r\n", 414)]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nX: LONG\r\n\r\n", 431)]
    [InlineData("GET / HTTP/3.7\r\nHost: x\r\n\r\n", 505)]
    [InlineData("GET / HTTP/1.1\r\nHost: x", 408)]
    public async Task RefusedRequest_BehindAPROXYHeader_NamesTheClient(string text, int status)
    {
        await using var web = Peers.HttpBackend.Start();
        var http = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile().AddHttp("web", http, web.Address)
            .Set("Listeners:web:ProxyProtocol", new { TrustedProxies = new[] { "127.0.0.0/8" } }).Set("Listeners:web:HttpLimits:RequestHeadersTimeout", "1s"));

        using var client = await TcpPeer.ConnectAsync(http);
        await client.SendAsync("PROXY TCP4 203.0.113.7 192.0.2.1 1234 80\r\n" + text.Replace("LONG", new string('x', 40_000), StringComparison.Ordinal));

        var line = await gateway.Process.WaitForLineAsync(l => l.Contains("reason=bad_request", StringComparison.Ordinal), "the access line");
        Assert.Matches($"http client=203\\.0\\.113\\.7:1234 peer=127\\.0\\.0\\.1:\\d+ listener=web reason=bad_request detail={status}\\(", line);
    }

    /// <summary>Promises more bytes than there are.</summary>
    private sealed class Promises : ITransformProvider
    {
        public void ValidateRoute(TransformRouteValidationContext context)
        {
        }

        public void ValidateCluster(TransformClusterValidationContext context)
        {
        }

        public void Apply(TransformBuilderContext context) => context.AddResponseTransform(static response =>
        {
            response.HttpContext.Response.ContentLength = 11;
            return default;
        });
    }
}
