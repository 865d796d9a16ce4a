using Gateway.Kubernetes.Client;

namespace Gateway.Kubernetes.Endpoints;

/// <summary>
/// Watches the slices of the Services of one namespace that the configuration names, and publishes their endpoints. A change of a slice
/// costs the reading of this slice and a copy of references, whatever the number of endpoints in the others.
/// </summary>
internal sealed class NamespaceWatch : IAsyncDisposable
{
    // More names would make a long URL, and a server that compares each label with each name. Beyond that all slices come.
    private const int MostNames = 50;

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Reflector<EndpointSlice> _reflector;
    private readonly ILookup<string, PortSlices> _ports;
    private readonly string? _zone;

    /// <summary>Begins to watch.</summary>
    /// <param name="client">Asks the API server.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="services">Its Services.</param>
    /// <param name="zone">The zone of the gateway; null: not known.</param>
    /// <param name="metrics">Counts.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For the watch.</param>
    public NamespaceWatch(
        ApiClient client,
        string ns,
        IReadOnlyCollection<ServiceEndpoints> services,
        string? zone,
        KubernetesMetrics metrics,
        TimeProvider time,
        ILogger logger)
    {
        Services = services.ToHashSet();
        _zone = zone;
        _ports = services.ToLookup(static one => one.Address.Name, one => new PortSlices(one, this, logger));
        var scope = new ResourceScope<EndpointSlice>(EndpointSlice.Type, ns, SelectorOf([.. _ports.Select(static one => one.Key)]));
        _reflector = new Reflector<EndpointSlice>(client, scope, metrics, time, logger);
        _reflector.Store.Changed += Take;
        _reflector.Store.Settled += Publish;
        _reflector.Start();
    }

    /// <summary>The Services.</summary>
    public HashSet<ServiceEndpoints> Services { get; }

    /// <summary>Completes with the first list.</summary>
    public Task Synced => _reflector.Store.Synced;

    /// <summary>Completes when the watch ends.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Ends the watch.</summary>
    public async ValueTask DisposeAsync()
    {
        _ended.TrySetResult();
        await _reflector.DisposeAsync();
    }

    private static string? SelectorOf(string[] names) => names.Length > MostNames
        ? null
        : $"{EndpointSlice.ServiceLabel} in ({string.Join(',', names.Order(StringComparer.Ordinal))})";

    private void Take(EndpointSlice? before, EndpointSlice? after)
    {
        var name = (after ?? before)!.Metadata.Name;
        if (before?.Service is { } old && old != after?.Service)
        {
            foreach (var port in _ports[old])
            {
                port.Take(name, null);
            }
        }

        foreach (var port in _ports[after?.Service ?? ""])
        {
            port.Take(name, SlicePart.Of(after!, port.Endpoints.Address, _zone));
        }
    }

    // Also called after a list without changes: a Service without slices has no endpoints, which is known from now on.
    private void Publish()
    {
        foreach (var port in _ports.SelectMany(static ports => ports))
        {
            port.Publish();
        }
    }
}
