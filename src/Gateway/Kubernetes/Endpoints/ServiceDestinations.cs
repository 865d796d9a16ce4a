using System.Net;
using System.Net.Sockets;
using Gateway.Configuration;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Kubernetes.Endpoints;

/// <summary>
/// YARP's clusters with the endpoints of Services as destinations: YARP balances requests, checks health and keeps affinity among
/// destinations, so each pod has to be one. A pod that stays keeps its object, so YARP sees at once that it is the same.
/// </summary>
internal sealed class ServiceDestinations : IDisposable
{
    // A rollout changes several endpoints within a moment, and YARP goes through all clusters for each change.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(100);

    private readonly IReadOnlyList<ClusterConfig> _clusters;
    private readonly Dictionary<DestinationConfig, ServiceEndpoints> _services;
    private readonly Action<ServiceDestinations> _onChange;
    private readonly Dictionary<(DestinationConfig Written, IPEndPoint Address), DestinationConfig> _known = [];
    private int _isGathering;

    private ServiceDestinations(
        IReadOnlyList<ClusterConfig> clusters,
        Dictionary<DestinationConfig, ServiceEndpoints> services,
        Action<ServiceDestinations> onChange)
    {
        (_clusters, _services, _onChange) = (clusters, services, onChange);
        foreach (var service in services.Values.Distinct())
        {
            service.Changed += Gather;
        }
    }

    /// <summary>Follows the Services of these clusters; null: they have none.</summary>
    /// <param name="clusters">The clusters as written.</param>
    /// <param name="registry">The Services.</param>
    /// <param name="onChange">Called soon after their endpoints have changed.</param>
    public static ServiceDestinations? Of(
        IReadOnlyList<ClusterConfig> clusters, ServiceRegistry registry, Action<ServiceDestinations> onChange)
    {
        var services = new Dictionary<DestinationConfig, ServiceEndpoints>(ReferenceEqualityComparer.Instance);
        foreach (var destination in clusters.SelectMany(static cluster => cluster.Destinations?.Values ?? []))
        {
            if (ServiceAddress.Of(destination.Address) is { } service)
            {
                services[destination] = registry.Find(service);
            }
        }

        return services.Count == 0 ? null : new ServiceDestinations(clusters, services, onChange);
    }

    /// <summary>The clusters with the endpoints that are known now.</summary>
    public IReadOnlyList<ClusterConfig> Expand()
    {
        var used = new HashSet<(DestinationConfig, IPEndPoint)>();
        var expanded = _clusters.Select(cluster =>
            cluster.Destinations?.Values.Any(_services.ContainsKey) == true
                ? cluster with { Destinations = Expand(cluster.Destinations, used) }
                : cluster).ToList();
        foreach (var gone in _known.Keys.Where(key => !used.Contains(key)).ToList())
        {
            _known.Remove(gone);
        }

        return expanded;
    }

    /// <summary>Follows no more.</summary>
    public void Dispose()
    {
        foreach (var service in _services.Values.Distinct())
        {
            service.Changed -= Gather;
        }
    }

    private Dictionary<string, DestinationConfig> Expand(
        IReadOnlyDictionary<string, DestinationConfig> destinations, HashSet<(DestinationConfig, IPEndPoint)> used)
    {
        var expanded = new Dictionary<string, DestinationConfig>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, written) in destinations)
        {
            if (!_services.TryGetValue(written, out var service))
            {
                expanded[name] = written;
                continue;
            }

            foreach (var address in OneFamilyOf(service.Current ?? []))
            {
                used.Add((written, address));
                expanded[PodDestination.IdOf(name, address)] = DestinationOf(written, service, address);
            }
        }

        return expanded;
    }

    private DestinationConfig DestinationOf(DestinationConfig written, ServiceEndpoints service, IPEndPoint address)
    {
        if (!_known.TryGetValue((written, address), out var known))
        {
            var scheme = written.Address.StartsWith(ServiceAddress.TlsScheme, StringComparison.OrdinalIgnoreCase) ? "https" : "http";
            _known[(written, address)] = known = written with
            {
                Address = $"{scheme}://{address}/",
                // The name that clients within the cluster use, as without a gateway; and the name that certificates have.
                Host = written.Host ?? service.Host,
            };
        }

        return known;
    }

    // Of a dual-stack Service each pod has an address of each family, and would count twice.
    private static IEnumerable<IPEndPoint> OneFamilyOf(IReadOnlyList<IPEndPoint> addresses)
    {
        var hasV4 = addresses.Any(static address => address.AddressFamily == AddressFamily.InterNetwork);
        return hasV4 ? addresses.Where(static address => address.AddressFamily == AddressFamily.InterNetwork) : addresses;
    }

    private void Gather()
    {
        if (Interlocked.Exchange(ref _isGathering, 1) == 0)
        {
            _ = GatherAsync();
        }
    }

    private async Task GatherAsync()
    {
        await Task.Delay(Gathering);
        Volatile.Write(ref _isGathering, 0);
        _onChange(this);
    }
}
