using System.Diagnostics.Metrics;
using Gateway.Configuration;
using Gateway.Kubernetes.Client;
using Gateway.Tcp.Configuration;

namespace Gateway.Kubernetes.Endpoints;

/// <summary>
/// Follows the endpoints of the Services that the configuration names: one list and watch for each namespace, of these Services' slices
/// alone. Without such Services there is no client, no connection and no timer.
/// </summary>
/// <param name="registry">The Services.</param>
/// <param name="environment">The environment, for the address of the API server.</param>
/// <param name="meters">For metrics, which exist once there is a Service.</param>
/// <param name="time">The clock.</param>
/// <param name="loggers">For watches.</param>
internal sealed class ServiceWatch(
    ServiceRegistry registry,
    IReadOnlyDictionary<string, string> environment,
    IMeterFactory meters,
    TimeProvider time,
    ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, NamespaceWatch> _watches = [];
    private readonly List<Task> _retiring = [];
    private KubernetesMetrics? _metrics;
    private ILogger? _logger;
    private ApiClient? _client;
    private string? _zone;

    /// <summary>The metrics of everything that is read from the API server. They exist from the first call.</summary>
    public KubernetesMetrics Metrics
    {
        get
        {
            lock (_lock)
            {
                return _metrics ??= new KubernetesMetrics(meters);
            }
        }
    }

    /// <summary>
    /// Follows these Services from now on, and no others. A watch that another one replaces goes on until the other one knows as much.
    /// </summary>
    /// <param name="config">Where the API server is.</param>
    /// <param name="services">The Services.</param>
    /// <returns>What is missing; empty: nothing.</returns>
    public IReadOnlyList<Finding> Follow(KubernetesConfig? config, IReadOnlySet<ServiceAddress> services)
    {
        ApiAccess? access = null;
        if (services.Count > 0 && (access = ApiAccess.From(config, environment)) is null)
        {
            return
            [
                new Finding(
                    "Kubernetes:ApiServer",
                    "clusters name Services of Kubernetes, and the gateway is in no pod that would know the API server",
                    "write its address, TokenPath and CaPath"),
            ];
        }

        lock (_lock)
        {
            var isOther = _client?.Access != access || _zone != config?.Zone;
            var oldClient = _client;
            if (isOther)
            {
                (_client, _zone) = (access is null ? null : new ApiClient(access), config?.Zone);
            }

            var wanted = services.Select(registry.Find).GroupBy(static one => one.Address.Namespace).ToDictionary(
                static group => group.Key, static group => group.ToList());
            var retired = new List<Task>();
            foreach (var gone in _watches.Keys.Where(ns => !wanted.ContainsKey(ns)).ToList())
            {
                _watches.Remove(gone, out var watch);
                retired.Add(watch!.DisposeAsync().AsTask());
            }

            foreach (var (ns, ports) in wanted)
            {
                var before = _watches.GetValueOrDefault(ns);
                if (before is null || isOther || !before.Services.SetEquals(ports))
                {
                    _watches[ns] = Watch(ns, ports);
                    retired.Add(RetireAsync(before, _watches[ns]));
                }
            }

            _retiring.RemoveAll(static task => task.IsCompleted);
            _retiring.Add(DisposeLaterAsync(isOther ? oldClient : null, retired));
        }

        return [];
    }

    /// <summary>Waits until the endpoints of these Services are known.</summary>
    /// <param name="services">The Services.</param>
    /// <param name="limit">How long to wait.</param>
    public async Task WaitAsync(IReadOnlySet<ServiceAddress> services, TimeSpan limit)
    {
        if (services.Count > 0)
        {
            await Task.WhenAll(services.Select(service => registry.Find(service).First))
                .WaitAsync(limit, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Ends all watches. What is known stays.</summary>
    public async ValueTask DisposeAsync()
    {
        Follow(null, new HashSet<ServiceAddress>());
        Task[] retiring;
        lock (_lock)
        {
            retiring = [.. _retiring];
        }

        await Task.WhenAll(retiring);
    }

    private NamespaceWatch Watch(string ns, List<ServiceEndpoints> ports)
    {
        _metrics ??= new KubernetesMetrics(meters);
        _logger ??= loggers.CreateLogger("Gateway.Kubernetes");
        return new NamespaceWatch(_client!, ns, ports, _zone, _metrics, time, _logger);
    }

    private static async Task RetireAsync(NamespaceWatch? before, NamespaceWatch after)
    {
        if (before is not null)
        {
            // Another one may take the place of the new watch before that knows anything.
            await Task.WhenAny(after.Synced, after.Ended);
            await before.DisposeAsync();
        }
    }

    private static async Task DisposeLaterAsync(ApiClient? client, List<Task> watches)
    {
        await Task.WhenAll(watches);
        client?.Dispose();
    }
}
