using System.Globalization;
using Gateway.Configuration;
using Gateway.Snapshots;
using Gateway.Tcp.Configuration;

namespace Gateway.Commands;

/// <summary>
/// Which clients are admitted, what is limited, and how destinations are chosen and checked, as texts for a person. Defaults are left
/// out.
/// </summary>
internal static class PolicyText
{
    /// <summary>Who is admitted to a listener, and its limits.</summary>
    /// <param name="listener">The listener.</param>
    /// <param name="most">The most networks that are written of each list.</param>
    public static IEnumerable<string> Of(ListenerConfig listener, int most)
    {
        (string What, IReadOnlyList<string> Values)[] lists =
        [
            ("admits", listener.Access?.Allow ?? []),
            ("admits trust domains", listener.Access?.TrustDomains ?? []),
            ("denies", listener.Access?.Deny ?? []),
        ];
        foreach (var (what, values) in lists.Where(static list => list.Values.Count > 0))
        {
            yield return $"{what} {RouteText.Listed(values, most)}";
        }

        if (listener.Limits?.MaxConnections is { } connections)
        {
            yield return AtMost(connections);
        }

        if (listener.Limits?.PerClient?.MaxConnections is { } ofClient)
        {
            yield return $"each client {AtMost(ofClient)}";
        }

        if (listener.Limits?.PerClient?.ConnectionsPerSecond is { } rate)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"each client at most {rate} new connections a second");
        }
    }

    /// <summary>The most connections of the process.</summary>
    /// <param name="written"><c>Limits:MaxConnections</c>; null: it is not written.</param>
    /// <param name="byDescriptors">The connections for which a process here has descriptors, which no number exceeds.</param>
    /// <param name="byDefault">The limit that a process here has if the key is not written.</param>
    public static string OfProcess(int? written, int byDescriptors, int byDefault) =>
        written is not { } most
            ? $"All listeners together: {AtMost(byDefault)}, by the descriptors and the memory of a process here, because "
                + "Limits:MaxConnections is not written"
        : most <= byDescriptors ? $"All listeners together: {AtMost(most)}"
        : $"All listeners together: {AtMost(most)}, and no more than {byDescriptors.ToString(CultureInfo.InvariantCulture)} by the "
            + "descriptors of a process here";

    /// <summary>The limits of a TCP route.</summary>
    public static IEnumerable<string> Of(TcpRouteLimitsConfig? limits)
    {
        if (limits?.MaxConnections is { } connections)
        {
            yield return AtMost(connections);
        }

        if (limits?.BytesPerSecondToBackend is { } toBackend)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{toBackend} bytes a second to the backend");
        }

        if (limits?.BytesPerSecondToClient is { } toClient)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{toClient} bytes a second to the client");
        }
    }

    /// <summary>How a TCP cluster's destinations are chosen and checked.</summary>
    public static IEnumerable<string> Of(TcpClusterConfig cluster)
    {
        if (cluster.SessionAffinity is { } affinity)
        {
            yield return $"by {affinity.Policy}";
        }

        if (cluster.LoadBalancingPolicy != TcpLoadBalancingPolicy.RoundRobin)
        {
            yield return $"by {cluster.LoadBalancingPolicy}";
        }

        if (cluster.Queue.MaxLength > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{cluster.Queue.MaxLength} may wait");
        }

        if (cluster.HealthCheck is { } health)
        {
            if (health.Active is { Enabled: true } active)
            {
                yield return $"checked by {active.Kind}";
            }

            if (health.WhenAllDown == TcpAllDownAction.Reject)
            {
                yield return "refused while all are down";
            }

            if (health.WhenUnhealthy == TcpUnhealthyAction.Close)
            {
                yield return "closed at what is unhealthy";
            }
        }
    }

    /// <summary>A limit on connections.</summary>
    public static string AtMost(int connections) => string.Create(CultureInfo.InvariantCulture, $"at most {connections} connections");
}
