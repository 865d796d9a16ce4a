using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;

namespace Gateway.Http.Backends.Exchange;

/// <summary>
/// Sets passive health where the file does not set it: a cluster of two or more destinations leaves a destination out for a short time
/// after failed connects, and tries all destinations if none is left. Settings in the file are kept, also <c>Enabled: false</c>; but
/// TransportFailureRate counts only failures that are the destination's fault.
/// </summary>
internal sealed class PassiveHealthFilter : IProxyConfigFilter
{
    /// <inheritdoc/>
    public ValueTask<ClusterConfig> ConfigureClusterAsync(ClusterConfig cluster, CancellationToken cancel) => new(Configure(cluster));

    /// <inheritdoc/>
    public ValueTask<RouteConfig> ConfigureRouteAsync(RouteConfig route, ClusterConfig? cluster, CancellationToken cancel) => new(route);

    private static ClusterConfig Configure(ClusterConfig cluster)
    {
        var health = cluster.HealthCheck ?? new HealthCheckConfig();
        if (health.Passive is { } passive)
        {
            return
                passive.Enabled == true
                && (
                    passive.Policy is null
                    || passive.Policy.Equals(HealthCheckConstants.PassivePolicy.TransportFailureRate, StringComparison.OrdinalIgnoreCase))
                ? cluster with
                {
                    HealthCheck = health with { Passive = passive with { Policy = DestinationFailureRatePolicy.PolicyName } },
                }
                : cluster;
        }

        if (cluster.Destinations is not { Count: > 1 })
        {
            return cluster;
        }

        return cluster with
        {
            HealthCheck = health with
            {
                Passive = new PassiveHealthCheckConfig { Enabled = true, Policy = FailedConnectsPolicy.PolicyName },
                AvailableDestinationsPolicy =
                    health.AvailableDestinationsPolicy ?? HealthCheckConstants.AvailableDestinations.HealthyOrPanic,
            },
        };
    }
}
