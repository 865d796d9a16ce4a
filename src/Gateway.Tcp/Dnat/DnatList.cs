using System.Net;
using Gateway.Linux.Netfilter;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Routing;
using Gateway.Tcp.Status;

namespace Gateway.Tcp.Dnat;

/// <summary>
/// The answer to one question about forwarded connections, while it is made. Of tens of thousands it keeps those of the answer, and makes
/// objects for these alone.
/// </summary>
/// <param name="question">The question.</param>
/// <param name="model">The configuration in force.</param>
internal sealed class DnatList(ForwardedQuestion question, DnatModel model)
{
    private readonly List<ConnectionSummary> _connections = [];
    private readonly Dictionary<string, int> _byListener = new(StringComparer.OrdinalIgnoreCase);

    // Clients connect to few addresses of the gateway.
    private readonly Dictionary<ConntrackEnd, (DnatListener? Listener, ListenerModel? Model)> _listeners = [];
    private int _matching;

    /// <summary>Takes a connection: <see cref="ConntrackTable.Visitor"/>.</summary>
    public void Add(ConntrackEnd client, ConntrackEnd destination, ReadOnlySpan<byte> attributes)
    {
        if (!_listeners.TryGetValue(destination, out var entry))
        {
            _listeners.Add(destination, entry = model.ListenerOf(destination.ToIPEndPoint()));
        }

        var listener = entry.Listener?.Name ?? "";
        _byListener[listener] = _byListener.GetValueOrDefault(listener) + 1;
        if ((question.Port ?? client.Port) != client.Port || !Is(question.Listener, listener)
            || question.Client?.Contains(client.ToIPAddress()) == false
            || (question.Route is { } route
                && !Is(route, RouteOf(client.ToIPEndPoint(), destination.ToIPEndPoint(), entry.Model)?.Name)))
        {
            return;
        }

        _matching++;
        if (_connections.Count < question.Most && ForwardedConnectionReader.TryRead(attributes) is { } connection)
        {
            _connections.Add(Summarize(connection, entry.Listener, entry.Model));
        }
    }

    /// <summary>Ends the answer.</summary>
    /// <param name="total">The number of all connections.</param>
    public ForwardedAnswer End(int total) => new(_connections, _matching, total, _byListener);

    private static bool Is(string? wanted, string? name) => wanted?.Equals(name, StringComparison.OrdinalIgnoreCase) ?? true;

    private static RouteModel? RouteOf(IPEndPoint client, IPEndPoint destination, ListenerModel? routes)
    {
        var identity = new ConnectionIdentity { Client = client, Peer = client, Local = destination, Source = IdentitySource.Socket };
        return routes?.Match(identity) is { } route && DnatModel.IsDnat(route) ? route : null;
    }

    private static ConnectionSummary Summarize(ForwardedConnection connection, DnatListener? listener, ListenerModel? routes)
    {
        var route = RouteOf(connection.Client, connection.Destination, routes);
        return new ConnectionSummary
        {
            Number = connection.Id,
            Protocol = ConnectionSummary.Dnat,
            Client = connection.Client,
            Peer = connection.Client,
            Source = IdentitySource.Socket,
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

    private static string? NameOf(IPEndPoint backend, RouteModel route) => route.Cluster.Destinations.FirstOrDefault(destination =>
        destination.Literal?.Contains(backend) == true
        || destination.Health?.Addresses.Any(address => address.Address.Equals(backend)) == true)?.Name;
}
