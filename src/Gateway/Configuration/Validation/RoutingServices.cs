using System.Diagnostics;
using Gateway.Http;
using Gateway.Http.Requests;

namespace Gateway.Configuration.Validation;

/// <summary>
/// Routing and YARP as the host registers them, where no host is (<c>validate</c>, the first read at start) or none may be touched (a
/// trial).
/// </summary>
internal static class RoutingServices
{
    private static readonly Lazy<IServiceProvider> Shared = new(Create);

    /// <summary>Services to ask, not to build an application on; they live as long as the process.</summary>
    public static IServiceProvider Default => Shared.Value;

    /// <summary>
    /// Makes the services anew. Who builds an application on them has to dispose of them: routing keeps all endpoint data sources that were
    /// ever used with a provider.
    /// </summary>
    public static ServiceProvider Create()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddMetrics();
        services.AddSingleton(SilentMeters.Shared);
        // Made by the container, which so disposes of it: the runtime lists all that live.
        services.AddSingleton(_ => new DiagnosticListener("Gateway.Configuration"));
        services.AddRouting();
        services.AddSingleton<MatcherPolicy, ListenerMatcherPolicy>();
        services.AddReverseProxy();
        services.AddPassiveHealth();
        return services.BuildServiceProvider();
    }
}
