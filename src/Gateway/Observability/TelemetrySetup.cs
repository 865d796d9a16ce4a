using System.Diagnostics;
using Gateway.Configuration;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Gateway.Observability;

/// <summary>
/// Sets up metrics for Prometheus, and export of metrics and traces by OTLP if the standard OTEL_* variables name a receiver.
/// </summary>
internal static class TelemetrySetup
{
    private static readonly string[] Meters =
    [
        ConfigMetrics.MeterName, "Gateway.Tcp", "Gateway.Http",
        "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Http.Connections",
        "Microsoft.AspNetCore.Routing", "Microsoft.AspNetCore.MemoryPool", "System.Net.Http", "System.Net.NameResolution",
    ];

    /// <summary>Adds metrics and traces.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="environment">The environment with the OTEL_* variables.</param>
    /// <param name="describe">Adds attributes to the span of a request that has ended.</param>
    /// <param name="started">The configuration at start. It decides how many series an instrument may have.</param>
    public static IServiceCollection AddGatewayTelemetry(
        this IServiceCollection services,
        IReadOnlyDictionary<string, string> environment,
        Action<Activity, HttpResponse> describe,
        GatewayConfig started)
    {
        services.AddSingleton<ConfigMetrics>();
        services.AddSingleton<ConfigStatus>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<SeriesRoom>(provider, started));
        services.AddSingleton<IStartsAtZero>(static provider => provider.GetRequiredService<SeriesRoom>());
        services.ConfigureOpenTelemetryMeterProvider(
            static (provider, metrics) => metrics.AddView(provider.GetRequiredService<SeriesRoom>().View));
        var telemetry = services
            .AddOpenTelemetry()
            .ConfigureResource(resource =>
                resource
                    .AddService("gateway", serviceVersion: GatewayVersion.Text)
                    // Added last, so that OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
                    .AddEnvironmentVariableDetector())
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(Meters).AddRuntimeInstrumentation().AddPrometheusExporter(options =>
                {
                    // No cache, because a scrape should show the present values. No scope labels, because alerts do not need the name of
                    // the library.
                    options.ScrapeResponseCacheDurationMilliseconds = 0;
                    options.ScopeInfoEnabled = false;
                });
                if (OtlpVariables.AskFor(environment, "METRICS"))
                {
                    metrics.AddOtlpExporter();
                }
            });
        if (OtlpVariables.AskFor(environment, "TRACES"))
        {
            telemetry.WithTracing(traces => traces
                .AddAspNetCoreInstrumentation(options => options.EnrichWithHttpResponse = describe)
                .AddHttpClientInstrumentation()
                .AddSource("Yarp.ReverseProxy", "Gateway.Tcp")
                .AddOtlpExporter());
        }
        return services;
    }
}
