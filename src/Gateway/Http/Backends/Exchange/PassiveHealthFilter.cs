using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;

namespace Gateway.Http.Backends.Exchange;

/// <summary>
/// Passive health where the file says nothing: a cluster of two or more destinations leaves one out for a short time after a failed
/// connect, and tries all if none is left. What the file says stands, <c>Enabled: false</c> included; its TransportFailureRate counts the
/// destination's faults alone.
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
