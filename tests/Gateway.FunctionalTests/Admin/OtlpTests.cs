using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Admin;

/// <summary>The standard OTEL_* variables, against a receiver that only notes what it gets.</summary>
public sealed class OtlpTests
{
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
        var http = FreePorts.Next();

        await using (var gateway = await GatewayProcess.StartAsync(
            new ConfigFile().AddHttp("web", http, web.Address),
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
            await client.GetStringAsync(new Uri($"http://127.0.0.1:{http}/"));

            // Names are plain text in protobuf.
            await Eventually.TrueAsync(() => Has("/v1/metrics", "gateway.config.last_reload_successful"), "metrics by OTLP");
            await Eventually.TrueAsync(() => Has("/v1/traces", "http.request.method"), "traces by OTLP");
            Assert.True(Has("/v1/metrics", "edge-gateway") && Has("/v1/traces", "edge-gateway"));
        }

        receiver.Stop();
        await receiving;

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
