using Gateway.Configuration;
using Gateway.Tcp.Clusters;

namespace Gateway.Kubernetes.Endpoints;

/// <summary>The Services that configurations name, each with its endpoints. Costs nothing as long as none is named. Thread-safe.</summary>
/// <param name="time">The clock.</param>
internal sealed class ServiceRegistry(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ServiceAddress, ServiceEndpoints> _services = [];

    /// <summary>The Services that a valid configuration names as destinations, of TCP and HTTP clusters.</summary>
    public static IReadOnlySet<ServiceAddress> NamedBy(GatewayConfig config) =>
        config.TcpProxy.Clusters.Values.SelectMany(static cluster => cluster.Destinations.Values)
            .Select(static destination => destination.Address)
            .Concat(config.ReverseProxy.Clusters.SelectMany(static cluster => cluster.Destinations?.Values ?? [])
                .Select(static destination => destination.Address))
            .Select(ServiceAddress.Of)
            .OfType<ServiceAddress>()
            .ToHashSet();

    /// <summary>The endpoints of the Service that the address of a destination names; null: it names none.</summary>
    public IAddressSource? Find(string? address) => ServiceAddress.Of(address) is { } service ? Find(service) : null;

    /// <summary>The endpoints of a Service. They are followed by a <see cref="ServiceWatch"/>.</summary>
    public ServiceEndpoints Find(ServiceAddress service)
    {
        lock (_lock)
        {
            return _services.TryGetValue(service, out var known) ? known : _services[service] = new ServiceEndpoints(service, time);
        }
    }

    /// <summary>Forgets all other Services.</summary>
    public void Keep(IReadOnlySet<ServiceAddress> services)
    {
        lock (_lock)
        {
            foreach (var gone in _services.Keys.Where(one => !services.Contains(one)).ToList())
            {
                _services.Remove(gone);
            }
        }
    }
}
