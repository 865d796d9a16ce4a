using System.Net;
using Gateway.Linux.Netfilter;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Routing;
using Gateway.Tcp.Status;

namespace Gateway.Tcp.Dnat;

/// <summary>
/// The live connections that the kernel forwards: those to the ports of our listeners whose backend is one of the destinations that our
/// rules have had. Safe from any thread.
/// </summary>
internal sealed class DnatConnections
{
    // The most destinations that are remembered. The bound is there because names may get new addresses all the time. It is not worth
    // waiting for connections to addresses that are so old.
    private const int MostRemembered = 4096;

    private readonly Lock _lock = new();
    private readonly HashSet<int> _ports = [];
    private readonly HashSet<IPEndPoint> _destinations = [];

    /// <summary>Adds what the kernel forwards from now on.</summary>
    /// <param name="ruleset">The rules in the kernel.</param>
    /// <param name="model">The model that they were made from.</param>
    public void Remember(DnatRuleset ruleset, DnatModel model)
    {
        lock (_lock)
        {
            if (_destinations.Count > MostRemembered)
            {
                _destinations.Clear();
            }

            _destinations.UnionWith(ruleset.Destinations);
            _ports.UnionWith(model.Listeners.Select(static entry => entry.Listener.EndPoint.Port));
        }
    }

    /// <summary>The number of connections; null: the kernel does not answer.</summary>
    public int? Count()
    {
        var (ports, destinations) = Copy();
        return ConntrackTable.CountForwarded(ports, destinations);
    }

    /// <summary>Lists connections. The kernel copies its whole table for that.</summary>
    /// <param name="model">The model in force, for the names.</param>
    /// <param name="most">The most connections that are returned.</param>
    /// <returns>Some or all connections, and the number of all; none if the kernel does not answer.</returns>
    public (IReadOnlyList<ConnectionSummary> Connections, int Total) List(DnatModel model, int most)
    {
        var (ports, destinations) = Copy();
        var found = new List<ForwardedConnection>();
        var total = ConntrackTable.FindForwarded(ports, destinations, found, most) ?? 0;
        return ([.. found.Select(connection => Summarize(connection, model))], total);
    }

    private (HashSet<int> Ports, HashSet<IPEndPoint> Destinations) Copy()
    {
        lock (_lock)
        {
            return ([.. _ports], [.. _destinations]);
        }
    }

    private static ConnectionSummary Summarize(ForwardedConnection connection, DnatModel model)
    {
        var identity = new ConnectionIdentity
        {
            Client = connection.Client,
            Peer = connection.Client,
            Local = connection.Destination,
            Source = IdentitySource.Socket,
        };
        var (listener, routes) = model.Listeners.FirstOrDefault(entry => Takes(entry.Listener, connection.Destination));
        var route = routes?.Match(identity) is { } matched && DnatModel.IsDnat(matched) ? matched : null;
        return new ConnectionSummary
        {
            Number = connection.Id,
            Protocol = ConnectionSummary.Dnat,
            Client = connection.Client,
            Peer = connection.Client,
            Listener = listener?.Name ?? "",
            Route = route?.Name,
            Cluster = route?.Cluster.Name,
            Destination = route is null ? null : NameOf(connection.Backend, route),
            Backend = connection.Backend,
            Mode = nameof(SourceIpMode.Dnat),
            Received = connection.FromClient ?? 0,
            Sent = connection.ToClient ?? 0,
            StartedAt = connection.StartedAt,
        };
    }

    private static bool Takes(DnatListener listener, IPEndPoint destination) =>
        listener.EndPoint.Port == destination.Port
        && (listener.IsAny ? listener.Families.Contains(destination.AddressFamily) : listener.EndPoint.Address.Equals(destination.Address));

    private static string? NameOf(IPEndPoint backend, RouteModel route) => route.Cluster.Destinations.FirstOrDefault(destination =>
        destination.Literal?.Contains(backend) == true
        || destination.Health?.Addresses.Any(address => address.Address.Equals(backend)) == true)?.Name;
}
