using System.Net;
using Gateway.Linux.Netfilter;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Routing;
using Gateway.Tcp.Status;

namespace Gateway.Tcp.Dnat;

/// <content>The live connections that the kernel forwards, for the status page.</content>
internal sealed partial class DnatKernel
{
    /// <summary>Lists forwarded connections. The kernel copies its whole table for that.</summary>
    /// <param name="most">The most connections that are returned.</param>
    /// <returns>Some or all connections, and the number of all; none if the kernel does not answer.</returns>
    public (IReadOnlyList<ConnectionSummary> Connections, int Total) List(int most)
    {
        HashSet<int> ports;
        HashSet<IPEndPoint> destinations;
        DnatModel model;
        lock (_gate)
        {
            if (!_isOurs)
            {
                return ([], 0);
            }

            (ports, destinations, model) = ([.. _ports], [.. _destinations], _model);
        }

        var found = new List<ForwardedConnection>();
        var total = ConntrackTable.FindForwarded(ports, destinations, found, most) ?? 0;
        return ([.. found.Select(connection => Summarize(connection, model))], total);
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
