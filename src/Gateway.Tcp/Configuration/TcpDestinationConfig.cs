namespace Gateway.Tcp.Configuration;

/// <summary>A destination (<c>TcpProxy:Clusters:NAME:Destinations:NAME</c>).</summary>
public sealed record TcpDestinationConfig
{
    /// <summary>
    /// <c>host:port</c>, <c>ip:port</c>, <c>[v6]:port</c>, or <c>kubernetes://namespace/name:port</c> for the endpoints of a Service of
    /// Kubernetes. Required.
    /// </summary>
    public string? Address { get; init; }

    /// <summary>
    /// The destination's share of new connections in proportion to the other weights: 0 to 100. Defaults to 1. With 0 it gets no new
    /// connections; existing connections go on.
    /// </summary>
    public int Weight { get; init; } = 1;

    /// <summary>
    /// 0 to 100. Defaults to 0. A destination gets new connections only if no destination with a lower number is usable.
    /// </summary>
    public int Priority { get; init; }

    /// <summary>
    /// The most connections at once to all addresses of the destination, dials included: 1 to 1000000. Defaults to null: no limit. If all
    /// destinations that a connection may use have as many, it waits (Queue) or is closed with the reason destination_limit.
    /// </summary>
    public int? MaxConnections { get; init; }
}
