using System.Net;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Http;

/// <summary>Clients that ask and do not read: what they hold is bounded, and others get their answers.</summary>
public sealed class SlowReaderTests
{
    private const string Body = "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_ClientTakesNothing_EndsWithReasonAndMetricAndOthersGoOn(bool http2)
    {
        await using var backend = StartEndless();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            Config(port, backend, http2).Set("Listeners:web:HttpLimits:ResponseStallTimeout", "2s"));
        using var client = Client(http2);
        using var response = await GetAsync(client, port);

        var line = await gateway.WaitForAccessAsync("error=ResponseStalled", "took nothing for 2 s");
        await gateway.WaitForMetricAsync("gateway_http_response_stalled_total", v => v == 1, ("listener", "web"), ("reason", "timeout"));
        await gateway.WaitForMetricAsync(
            "gateway_http_request_failures_total", v => v == 1, ("listener", "web"), ("reason", "response_stalled"));
        await gateway.WaitForMetricAsync("gateway_http_response_waiting", v => v == 0);

        Assert.Contains("status=200", line.Text, StringComparison.Ordinal);
        await using var stream = await response.Content.ReadAsStreamAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => stream.CopyToAsync(Stream.Null));
    }

    [Fact]
    public async Task Response_ClientReadsSlowlyButReads_IsNotEnded()
    {
        await using var backend = StartEndless();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            Config(port, backend, http2: true).Set("Listeners:web:HttpLimits:ResponseStallTimeout", "5s"));
        using var client = Client(http2: true);
        using var response = await GetAsync(client, port);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[2 * 1024 * 1024];

        for (var i = 0; i < 6; i++)
        {
            await Tempo.PauseAsync(TimeSpan.FromSeconds(1));
            await stream.ReadExactlyAsync(buffer);
        }

        Assert.Equal(0, (await gateway.MetricsAsync()).Sum("gateway_http_response_stalled_total"));
    }

    [Fact]
    public async Task Responses_MoreWaitThanMay_TheLongestWithoutProgressGivesWay()
    {
        await using var backend = StartEndless();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(Config(port, backend, http2: true).Set("Limits:MaxWaitingResponses", 10));
        using var client = Client(http2: true);
        var responses = new List<HttpResponseMessage>();

        for (var i = 0; i < 15; i++)
        {
            responses.Add(await GetAsync(client, port));
        }

        await gateway.WaitForMetricAsync("gateway_http_response_stalled_total", v => v == 5, ("listener", "web"), ("reason", "limit"));
        await gateway.WaitForAccessAsync("error=ResponseStalled", "Limits:MaxWaitingResponses");
        await gateway.WaitForMetricAsync("gateway_http_response_waiting", v => v == 10);
        Assert.Equal(15, responses.Count);
        responses.ForEach(response => response.Dispose());
        await gateway.WaitForMetricAsync("gateway_http_response_waiting", v => v == 0);
    }

    [Fact]
    public async Task Streams_OfOneConnection_AreLimitedByKey()
    {
        await using var backend = StartEndless();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            Config(port, backend, http2: true).Set("Listeners:web:HttpLimits:MaxStreamsPerConnection", 3));
        using var client = Client(http2: true);
        var responses = new List<HttpResponseMessage>();
        for (var i = 0; i < 3; i++)
        {
            responses.Add(await GetAsync(client, port));
        }

        var fourth = GetAsync(client, port);
        await gateway.WaitForMetricAsync("gateway_http_response_waiting", v => v == 3);
        Assert.False(fourth.IsCompleted);
        responses[0].Dispose();
        using var response = await fourth.WaitAsync(Eventually.DefaultTimeout);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        responses.ForEach(r => r.Dispose());
    }

    /// <summary>Frames without content: a connection is worth less than a core.</summary>
    [Theory]
    [InlineData("DATA", "000000 00 00 00000001")]
    [InlineData("PING", "000008 06 00 00000000 0000000000000000")]
    [InlineData("WINDOW_UPDATE", "000004 08 00 00000000 00000001")]
    [InlineData("SETTINGS", "000000 04 01 00000000")]
    public async Task Frames_WithoutContent_CostTheConnectionAndNobodyElses(string what, string frame)
    {
        await using var backend = StartEndless();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(Config(port, backend, http2: true));
        using var client = Client(http2: true);
        using var response = await GetAsync(client, port);
        using var flood = await TcpPeer.ConnectAsync(port);
        // The preface, SETTINGS, and POST / HTTP/2 with an authority of one letter.
        byte[] start =
        [
            .. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8,
            .. Convert.FromHexString("000000040000000000" + "000006010400000001" + "838684" + "410178"),
        ];
        await flood.SendAsync(start);
        var one = Convert.FromHexString(frame.Replace(" ", "", StringComparison.Ordinal));
        var many = Enumerable.Repeat(one, 1000).SelectMany(bytes => bytes).ToArray();

        try
        {
            for (var i = 0; i < 200; i++)
            {
                await flood.SendAsync(many);
            }
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or IOException)
        {
            // It is over for this one.
        }

        await gateway.WaitForAccessAsync("reason=frame_flood", "listener=web");
        await gateway.WaitForMetricAsync("gateway_http_connection_flooded_total", v => v == 1, ("listener", "web"));
        await using var stream = await response.Content.ReadAsStreamAsync();
        await stream.ReadExactlyAsync(new byte[1_000_000]);
        Assert.NotNull(what);
    }

    private static RecordingTcpServer StartEndless() => RecordingTcpServer.Start(async peer =>
    {
        while ((await peer.ReadLineAsync()).Length > 0)
        {
        }

        await peer.SendAsync(Body);
        var piece = new byte[100_000];
        for (var i = 0; i < 1000; i++)
        {
            await peer.SendAsync(piece);
        }
    });

    private static ConfigFile Config(int port, RecordingTcpServer backend, bool http2) =>
        new ConfigFile().AddHttp("web", port, backend.Address).Set("Listeners:web:HttpVersion", http2 ? "Http2" : "Http1");

    private static HttpClient Client(bool http2) => new(new SocketsHttpHandler { InitialHttp2StreamWindowSize = 65_535 })
    {
        DefaultRequestVersion = http2 ? HttpVersion.Version20 : HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static Task<HttpResponseMessage> GetAsync(HttpClient client, int port) =>
        client.GetAsync(new Uri($"http://127.0.0.1:{port}/"), HttpCompletionOption.ResponseHeadersRead);
}
