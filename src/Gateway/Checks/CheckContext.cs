using System.Collections.Concurrent;
using Gateway.Configuration;
using Gateway.Hosting;
using Gateway.Http.Clients;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dialing;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Checks;

/// <summary>What a run of the checks is about. One run, one context: what several checks need to know is found out once.</summary>
internal sealed class CheckContext
{
    // YARP's own limit is SocketsHttpHandler's; a backend that takes longer than this to accept is a finding.
    private static readonly TimeSpan HttpConnectTimeout = TimeSpan.FromSeconds(5);

    // Enough to be quick with hundreds of destinations, and no burst to a name server or a firewall.
    private const int AtOnce = 16;

    private readonly ConcurrentDictionary<(string Host, int Port), Lazy<Task<Reach>>> _reached = new();

    /// <summary>Makes a context.</summary>
    /// <param name="snapshot">A good configuration.</param>
    public CheckContext(GatewaySnapshot snapshot)
    {
        Snapshot = snapshot;
        Targets = [.. TcpTargets(snapshot), .. HttpTargets(snapshot.Config)];
    }

    /// <summary>The configuration, as the gateway would run it.</summary>
    public GatewaySnapshot Snapshot { get; }

    /// <summary>The same as written, with defaults.</summary>
    public GatewayConfig Config => Snapshot.Config;

    /// <summary>This process runs the configuration: it holds the listeners, and its rights were found to suffice.</summary>
    public bool IsRunning { get; init; }

    /// <summary>What time it is.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How far to go. Defaults to All.</summary>
    public CheckScope Scope { get; init; } = CheckScope.All;

    /// <summary>Every destination with a fixed address, TCP and HTTP.</summary>
    public IReadOnlyList<BackendTarget> Targets { get; }

    /// <summary>Resolves a destination and connects to it, once per run.</summary>
    public Task<Reach> ReachAsync(BackendTarget target, CancellationToken cancellation) =>
        _reached.GetOrAdd((target.Host, target.Port), _ => new Lazy<Task<Reach>>(() => Reach.ProbeAsync(target, cancellation))).Value;

    /// <summary>Does something for each item, several at once.</summary>
    public static Task ForEachAsync<T>(IEnumerable<T> items, Func<T, Task> action, CancellationToken cancellation) =>
        Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (item, _) => await action(item));

    private static IEnumerable<BackendTarget> TcpTargets(GatewaySnapshot snapshot)
    {
        var routes = snapshot.Tcp.Listeners.Values.SelectMany(listener => listener.Routes).ToLookup(route => route.Cluster.Name, StringComparer.OrdinalIgnoreCase);
        return from cluster in snapshot.Tcp.Clusters.Values
               where snapshot.Config.TcpProxy.Clusters[cluster.Name].Type == TcpClusterType.Static && routes.Contains(cluster.Name)
               from destination in cluster.Destinations
               select new BackendTarget(
                   $"TcpProxy:Clusters:{cluster.Name}:Destinations:{destination.Name}:Address", destination.Host, destination.Port, cluster.ConnectTimeout,
                   [.. routes[cluster.Name].Select(route => new BackendUser($"TcpProxy:Routes:{route.Name}:SourceIp:Mode", route.SourceIp, route.ClientNetworks))]);
    }

    private static IEnumerable<BackendTarget> HttpTargets(GatewayConfig config) =>
        from cluster in config.ReverseProxy.Clusters
        where config.ReverseProxy.Routes.Any(route => string.Equals(route.ClusterId, cluster.ClusterId, StringComparison.OrdinalIgnoreCase))
        let path = $"ReverseProxy:Clusters:{cluster.ClusterId}"
        let sourceIp = SourceIpModel.From(ClusterSourceIp.Read(cluster.Metadata)?.Config ?? new SourceIpConfig())
        from destination in cluster.Destinations ?? new Dictionary<string, DestinationConfig>()
        let uri = new Uri(destination.Value.Address)
        let isVerified = uri.Scheme == Uri.UriSchemeHttps && cluster.HttpClient?.DangerousAcceptAnyServerCertificate != true
        select new BackendTarget($"{path}:Destinations:{destination.Key}:Address", uri.IdnHost.Trim('[', ']'), uri.Port, HttpConnectTimeout,
            [new BackendUser($"{path}:Metadata:{ClusterSourceIp.Prefix}Mode", sourceIp, [])])
        {
            CertificateName = isVerified ? destination.Value.Host ?? uri.IdnHost.Trim('[', ']') : null,
        };
}
