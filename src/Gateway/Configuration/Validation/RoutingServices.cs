using System.Diagnostics;
using Gateway.Http;

namespace Gateway.Configuration.Validation;

/// <summary>Routing and YARP as the host registers them, for when no host is there (<c>validate</c>, the first read at start).</summary>
internal static class RoutingServices
{
    private static readonly Lazy<IServiceProvider> Shared = new(Create);

    /// <summary>The services; they live as long as the process.</summary>
    public static IServiceProvider Default => Shared.Value;

    private static ServiceProvider Create()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddMetrics();
        services.AddSingleton(new DiagnosticListener("Gateway.Configuration"));
        services.AddRouting();
        services.AddSingleton<MatcherPolicy, ListenerMatcherPolicy>();
        services.AddReverseProxy();
        services.AddPassiveHealth();
        return services.BuildServiceProvider();
    }
}
