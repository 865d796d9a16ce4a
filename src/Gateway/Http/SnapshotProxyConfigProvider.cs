using Gateway.Kubernetes.Endpoints;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Http;

/// <summary>
/// YARP's configuration, fed from validated snapshots only. YARP's own file provider drops every route after one broken file and one
/// unrelated reload; here nothing changes but by <see cref="Update"/>.
/// </summary>
/// <param name="services">The Services of Kubernetes, whose endpoints stand in YARP's clusters in place of the Service.</param>
internal sealed class SnapshotProxyConfigProvider(ServiceRegistry services) : IProxyConfigProvider, IConfigChangeListener, IDisposable
{
    private readonly Lock _lock = new();
    private ServiceDestinations? _followed;
    private volatile Snapshot _current = new([], []);
    private volatile Exception? _problem;

    /// <summary>What YARP reads.</summary>
    public IProxyConfig GetConfig() => _current;

    /// <summary>
    /// Swaps routes and clusters as one. YARP has taken them when this returns; requests in flight end on what they started with.
    /// </summary>
    /// <param name="routes">Validated routes.</param>
    /// <param name="clusters">Validated clusters.</param>
    /// <returns>
    /// Why YARP did not take them, for a rule that validation does not know: the old ones are in force again. Null: it did.
    /// </returns>
    public Exception? Update(IReadOnlyList<RouteConfig> routes, IReadOnlyList<ClusterConfig> clusters)
    {
        lock (_lock)
        {
            var old = _current;
            var followed = ServiceDestinations.Of(clusters, services, Refresh);
            if (Offer(routes, followed?.Expand() ?? clusters) is not { } problem)
            {
                _followed?.Dispose();
                _followed = followed;
                return null;
            }
            // It may have taken a part: clusters come before routes.
            Offer(old.Routes, old.Clusters);
            followed?.Dispose();
            return problem;
        }
    }

    /// <summary>Follows no endpoints any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _followed?.Dispose();
            _followed = null;
        }
    }

    // The endpoints of a Service have changed. YARP compares: destinations that stay keep their state and their connections.
    private void Refresh(ServiceDestinations followed)
    {
        lock (_lock)
        {
            if (followed == _followed)
            {
                Offer(_current.Routes, followed.Expand());
            }
        }
    }

    // YARP applies it within the change token's callback and logs what fails; nobody but its listeners learns of that.
    private Exception? Offer(IReadOnlyList<RouteConfig> routes, IReadOnlyList<ClusterConfig> clusters)
    {
        _problem = null;
        Interlocked.Exchange(ref _current, new Snapshot(routes, clusters)).SignalChange();
        return _problem;
    }

    void IConfigChangeListener.ConfigurationLoadingFailed(IProxyConfigProvider configProvider, Exception exception) => _problem = exception;

    void IConfigChangeListener.ConfigurationLoaded(IReadOnlyList<IProxyConfig> proxyConfigs)
    {
    }

    void IConfigChangeListener.ConfigurationApplyingFailed(IReadOnlyList<IProxyConfig> proxyConfigs, Exception exception) =>
        _problem = exception;

    void IConfigChangeListener.ConfigurationApplied(IReadOnlyList<IProxyConfig> proxyConfigs)
    {
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage(
        "Reliability",
        "CA1001",
        Justification = "A source without a timer holds nothing to dispose, and readers may still ask its token."
    )]
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
