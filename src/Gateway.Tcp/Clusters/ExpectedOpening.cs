using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.Clusters;

/// <summary>What the destinations of a cluster expect before a client's bytes, because the cluster's routes send it.</summary>
/// <param name="Header">The version of the PROXY header; null: none.</param>
/// <param name="AsksForTls">Whether TLS begins with PostgreSQL's SSLRequest.</param>
/// <param name="HasTls">Whether the gateway begins TLS.</param>
internal readonly record struct ExpectedOpening(ProxyProtocolVersion? Header, bool AsksForTls, bool HasTls);
