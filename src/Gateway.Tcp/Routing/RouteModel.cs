using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.SourceIp;

namespace Gateway.Tcp.Routing;

/// <summary>
/// A TCP route, resolved from <see cref="TcpRouteConfig"/>. Immutable: a live connection keeps the model with which it started.
/// </summary>
public sealed class RouteModel
{
    /// <summary>The route's key in <c>Routes</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The listener whose connections the route takes.</summary>
    public required string Listener { get; init; }

    /// <summary>The cluster to which the route sends its connections.</summary>
    public required ClusterModel Cluster { get; init; }

    /// <summary>How the backend learns the client's address.</summary>
    public required SourceIpModel SourceIp { get; init; }

    /// <summary>The rank among the listener's routes: the lower number wins.</summary>
    public required int Order { get; init; }

    /// <summary>
    /// The share of connections among the routes with the same Order and <see cref="SplitKey"/>; null: nothing is shared.
    /// </summary>
    public int? Weight { get; init; }

    /// <summary>Equal for routes of the listener that share their connections by weight (<see cref="MatchKey"/>).</summary>
    internal string SplitKey { get; init; } = "";

    /// <summary>The networks that hold the client's address; empty: any.</summary>
    public required IReadOnlyList<IPNetwork> ClientNetworks { get; init; }

    /// <summary>
    /// The server names that the route matches, in normal form: <c>db.example.com</c>, <c>*.example.com</c>; empty: any client.
    /// </summary>
    public IReadOnlyList<string> ServerNames { get; init; } = [];

    /// <summary>Whether the route matches only connections with a ClientHello.</summary>
    internal bool NeedsClientHello { get; init; }

    /// <summary>How TLS to the route's destinations begins; None: with the ClientHello, or there is no TLS.</summary>
    internal StartTlsProtocol StartTls { get; init; }

    /// <summary>The conditions besides the client's address and the server name; null: none.</summary>
    internal RouteMatch? Match { get; init; }

    /// <summary>The most connections of the route at once; null: no limit, and nothing is counted.</summary>
    internal int? MaxConnections { get; init; }

    /// <summary>The route's connections while it has a limit. All models of routes with the same name share the count.</summary>
    internal PlaceCount Connections { get; private init; } = new();

    /// <summary>Idle and duration limits of the route's relays; shared by all connections of the route.</summary>
    internal RelayOptions Relay { get; init; } = new();

    /// <summary>
    /// The metric labels of an IPv4 client's connections: listener, route, network.type. Built once, because a connection needs the labels
    /// several times.
    /// </summary>
    internal TagList TagsV4 { get; init; }

    /// <summary>The same labels as <see cref="TagsV4"/>, for an IPv6 client.</summary>
    internal TagList TagsV6 { get; init; }

    internal static RouteModel From(
        string name,
        TcpRouteConfig config,
        string listener,
        ClusterModel cluster,
        SourceIpModel sourceIp,
        IReadOnlyList<IPNetwork> clients,
        RouteMatch? match,
        StartTlsProtocol startTls,
        RouteModel? before = null) => new()
        {
            Name = name,
            Listener = listener,
            Cluster = cluster,
            SourceIp = sourceIp,
            Order = config.Order,
            Weight = config.Weight,
            SplitKey = config.Weight is null ? "" : MatchKey.Of(config.Match),
            ClientNetworks = clients,
            Match = match,
            ServerNames = [.. Names(config)],
            NeedsClientHello = config.Match is { ServerNames.Count: > 0 } or { Alpn.Count: > 0 },
            StartTls = startTls,
            MaxConnections = config.Limits?.MaxConnections,
            Connections = before?.Connections ?? new PlaceCount(),
            Relay = new RelayOptions
            {
                IdleTimeout = config.IdleTimeout,
                HalfClosedTimeout = config.HalfClosedTimeout,
                MaxDuration = config.MaxDuration,
                MaxDurationJitter = config.MaxDurationJitter,
                BytesPerSecondToBackend = config.Limits?.BytesPerSecondToBackend,
                BytesPerSecondToClient = config.Limits?.BytesPerSecondToClient,
            },
            TagsV4 = Tags(listener, name, "ipv4"),
            TagsV6 = Tags(listener, name, "ipv6"),
        };

    /// <summary>The metric labels for a client's address family.</summary>
    internal TagList TagsFor(IPAddress client) => client.AddressFamily == AddressFamily.InterNetwork ? TagsV4 : TagsV6;

    private static IEnumerable<string> Names(TcpRouteConfig config)
    {
        foreach (var text in config.Match?.ServerNames ?? [])
        {
            if (ServerName.TryNormalize(text, out var name))
            {
                yield return name;
            }
        }
    }

    private static TagList Tags(string listener, string route, string networkType) =>
        new() { { "listener", listener }, { "route", route }, { "network.type", networkType } };
}
