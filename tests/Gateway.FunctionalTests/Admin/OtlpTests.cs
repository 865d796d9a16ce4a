using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Admin;

/// <summary>The standard OTEL_* variables, against a receiver that only notes what it gets.</summary>
public sealed class OtlpTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string ParentId = "b7ad6b7169203331";

    [Fact]
    public async Task Export_EndpointIsSet_MetricsAndTracesArrive()
    {
        var port = FreePorts.Next();
        using var receiver = new HttpListener();
        receiver.Prefixes.Add($"http://127.0.0.1:{port}/");
        receiver.Start();
        var received = new ConcurrentDictionary<string, string>();
        var receiving = ReceiveAsync(receiver, received);
        await using var web = Peers.HttpBackend.Start();
        await using var echo = RecordingTcpServer.StartEcho();
        var (http, tcp) = (FreePorts.Next(), FreePorts.Next());

        await using (var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(tcp, echo.Address, new { Mode = "None" })
                .AddHttp("web", http, web.Address)
                .Set("Tracing", new { SampleRatio = 1 }),
            new GatewayStart
            {
                Environment = new Dictionary<string, string>
                {
                    ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{port}",
                    ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                    ["OTEL_SERVICE_NAME"] = "edge-gateway",
                    ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
                    ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
                },
            }))
        {
            using var client = new HttpClient();
            client.DefaultRequestHeaders.Add("traceparent", $"00-{TraceId}-{ParentId}-01");
            var head = await client.GetStringAsync(new Uri($"http://127.0.0.1:{http}/"));
            using (var peer = await TcpPeer.ConnectAsync(tcp))
            {
                await peer.SendAsync("echo");
                await peer.ReadTextAsync(4);
            }

            // Names are plain text in protobuf.
            await Eventually.TrueAsync(() => Has("/v1/metrics", "gateway.config.last_reload_successful"), "metrics by OTLP");
            await Eventually.TrueAsync(() => Has("/v1/traces", "http.request.method"), "traces by OTLP");
            // The destination's parent is a span of the same trace, which is exported.
            var sent = Regex.Match(head, $"traceparent: 00-{TraceId}-([0-9a-f]{{16}})-01").Groups[1].Value;
            Assert.Equal(16, sent.Length);
            Assert.NotEqual(ParentId, sent);
            await Eventually.TrueAsync(
                () => Has("/v1/traces", Bytes(TraceId)) && Has("/v1/traces", Bytes(sent)) && Has("/v1/traces", Bytes(ParentId)),
                "the trace");
            var line = (await gateway.WaitForAccessAsync("http", "listener=web")).Text;
            await Eventually.TrueAsync(
                () => Has("/v1/traces", "tcp in") && Has("/v1/traces", "gateway.first_byte"), "the span of the connection");
            var id = Regex.Match((await gateway.WaitForAccessAsync("tcp", "listener=in")).Text, @" id=(\S+)").Groups[1].Value;
            Assert.True(Has("/v1/traces", id) && Has("/v1/traces", Regex.Match(line, @" id=(\S+)").Groups[1].Value));
            Assert.True(Has("/v1/metrics", "edge-gateway") && Has("/v1/traces", "edge-gateway"));
        }

        receiver.Stop();
        await receiving;

        static string Bytes(string hexadecimal) => Encoding.Latin1.GetString(Convert.FromHexString(hexadecimal));

        bool Has(string path, string text) => received.TryGetValue(path, out var bodies) && bodies.Contains(text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_SdkIsDisabled_PrometheusIsAnswered()
    {
        await using var gateway = await GatewayProcess.StartAsync(
            new ConfigFile(), new GatewayStart { Environment = new Dictionary<string, string> { ["OTEL_SDK_DISABLED"] = "true" } });

        Assert.True((await gateway.MetricsAsync()).Has("gateway_config_last_reload_successful"));
    }

    [Fact]
    public async Task Export_EndpointIsNoUrl_IsWarnedAbout()
    {
        await using var gateway = await GatewayProcess.StartAsync(
            new ConfigFile(), new GatewayStart { Environment = new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "collector:4317" } });

        await gateway.Process.WaitForLineAsync(l => l.Contains("OTEL_EXPORTER_OTLP_ENDPOINT", StringComparison.Ordinal) && LogLevels.IsComplaint(l), "the warning");
    }

    private static async Task ReceiveAsync(HttpListener receiver, ConcurrentDictionary<string, string> received)
    {
        try
        {
            while (true)
            {
                var context = await receiver.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                received.AddOrUpdate(context.Request.Url!.AbsolutePath, Encoding.Latin1.GetString(body.ToArray()), (_, earlier) => earlier + Encoding.Latin1.GetString(body.ToArray()));
                context.Response.StatusCode = 200;
                context.Response.Close();
            }
        }
        catch (Exception end) when (end is HttpListenerException or ObjectDisposedException)
        {
            // Stopped: the test is over.
        }
    }
}
