using System.Diagnostics;
using Gateway.Http;
using Gateway.Http.Requests;

namespace Gateway.Configuration.Validation;

/// <summary>
/// Routing and YARP as the host registers them, for code that runs without a host (<c>validate</c>, the first read at start) or must not
/// change the host (a trial).
/// </summary>
internal static class RoutingServices
{
    private static readonly Lazy<IServiceProvider> Shared = new(Create);

    /// <summary>
    /// Shared services, for queries only. An application must not be built with them, because they live as long as the process.
    /// </summary>
    public static IServiceProvider Default => Shared.Value;

    /// <summary>
    /// Makes new services. A caller that builds an application with the services must dispose of them, because routing keeps all endpoint
    /// data sources that were ever used with a provider.
    /// </summary>
    public static ServiceProvider Create()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddMetrics();
        services.AddSingleton(SilentMeters.Shared);
        // Uses a factory, so that the container disposes of the listener. Otherwise the runtime would keep the listener in its list of all
        // live ones.
        services.AddSingleton(_ => new DiagnosticListener("Gateway.Configuration"));
        services.AddRouting();
        services.AddSingleton<MatcherPolicy, ListenerMatcherPolicy>();
        services.AddReverseProxy();
        services.AddPassiveHealth();
        return services.BuildServiceProvider();
    }
}
