using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Http;

/// <summary>
/// YARP's configuration, fed from validated snapshots only. YARP's own file provider drops every route after one broken file and one
/// unrelated reload; here nothing changes but by <see cref="Update"/>.
/// </summary>
internal sealed class SnapshotProxyConfigProvider : IProxyConfigProvider
{
    private volatile Snapshot _current = new([], []);

    /// <summary>What YARP reads.</summary>
    public IProxyConfig GetConfig() => _current;

    /// <summary>Swaps routes and clusters as one. YARP has taken them when this returns; requests in flight end on what they started with.</summary>
    /// <param name="routes">Validated routes.</param>
    /// <param name="clusters">Validated clusters.</param>
    public void Update(IReadOnlyList<RouteConfig> routes, IReadOnlyList<ClusterConfig> clusters)
    {
        var old = Interlocked.Exchange(ref _current, new Snapshot(routes, clusters));
        old.SignalChange();
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Reliability", "CA1001", Justification = "A source without a timer holds nothing to dispose, and readers may still ask its token.")]
    private sealed class Snapshot : IProxyConfig
    {
        private readonly CancellationTokenSource _changed = new();

        public Snapshot(IReadOnlyList<RouteConfig> routes, IReadOnlyList<ClusterConfig> clusters)
        {
            Routes = routes;
            Clusters = clusters;
            ChangeToken = new CancellationChangeToken(_changed.Token);
        }

        public IReadOnlyList<RouteConfig> Routes { get; }

        public IReadOnlyList<ClusterConfig> Clusters { get; }

        public IChangeToken ChangeToken { get; }

        public void SignalChange() => _changed.Cancel();
    }
}
