using Gateway.Kubernetes.Client;
using Gateway.Kubernetes.GatewayApi.Objects;
using Gateway.Kubernetes.GatewayApi.Translation;

namespace Gateway.Kubernetes.GatewayApi;

/// <summary>Follows all objects that a translation looks at, of all namespaces.</summary>
internal sealed class ObjectWatch : IAsyncDisposable
{
    // The beginnings of what a reflector says of a type without CRD, and of one that RBAC keeps from the gateway.
    private const string NotInstalled = "404 ";
    private const string NotAllowed = "403 ";

    private readonly List<IAsyncDisposable> _reflectors = [];
    private readonly List<Func<bool>> _known = [];
    private readonly ResourceStore<GatewayClassObject> _classes;
    private readonly ResourceStore<GatewayObject> _gateways;
    private readonly ResourceStore<RouteObject> _tcpRoutes;
    private readonly ResourceStore<RouteObject> _tlsRoutes;
    private readonly ResourceStore<RouteObject> _httpRoutes;
    private readonly ResourceStore<GrantObject> _grants;
    private readonly ResourceStore<NamespaceObject> _namespaces;
    private readonly ResourceStore<ServiceObject> _services;
    private readonly ResourceStore<SecretObject> _secrets;
    private readonly ResourceStore<PolicyObject> _policies;

    /// <summary>Begins.</summary>
    /// <param name="client">Asks the API server.</param>
    /// <param name="metrics">Counts.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears when the server is lost and found.</param>
    /// <param name="onChange">Called when something has changed, from any thread; also once everything is known.</param>
    public ObjectWatch(ApiClient client, KubernetesMetrics metrics, TimeProvider time, ILogger logger, Action onChange)
    {
        _classes = Follow(GatewayClassObject.Type);
        _gateways = Follow(GatewayObject.Type);
        _tcpRoutes = Follow(RouteObject.Tcp, NotInstalled);
        _tlsRoutes = Follow(RouteObject.Tls, NotInstalled);
        _httpRoutes = Follow(RouteObject.Http, NotInstalled);
        _grants = Follow(GrantObject.Type, NotInstalled);
        _namespaces = Follow(NamespaceObject.Type);
        _services = Follow(ServiceObject.Type);
        _secrets = Follow(SecretObject.Type, NotAllowed);
        _policies = Follow(PolicyObject.Type, NotInstalled);

        ResourceStore<T> Follow<T>(ResourceType<T> type, string? without = null)
            where T : class, IResource
        {
            var reflector = new Reflector<T>(client, new ResourceScope<T>(type), metrics, time, logger);
            reflector.Store.Settled += onChange;
            _reflectors.Add(reflector);
            _known.Add(() => reflector.Store.Synced.IsCompletedSuccessfully
                || (without is not null && reflector.State.Problem?.StartsWith(without, StringComparison.Ordinal) == true));
            reflector.Start();
            return reflector.Store;
        }
    }

    /// <summary>
    /// Whether every list was read once. Before, a route whose Service is not known yet would be refused, and statuses would flap. A type
    /// that the cluster does not have counts as read, and so do Secrets that the gateway may not read.
    /// </summary>
    public bool IsSynced => _known.TrueForAll(static known => known());

    /// <summary>The objects as they are now.</summary>
    public ClusterObjects Objects() => new()
    {
        Classes = _classes.All(),
        Gateways = _gateways.All(),
        TcpRoutes = _tcpRoutes.All(),
        TlsRoutes = _tlsRoutes.All(),
        HttpRoutes = _httpRoutes.All(),
        Grants = _grants.All(),
        Namespaces = _namespaces.All(),
        Services = _services.All(),
        Secrets = _secrets.All(),
        Policies = _policies.All(),
    };

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var reflector in _reflectors)
        {
            await reflector.DisposeAsync();
        }
    }
}
