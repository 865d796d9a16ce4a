namespace Gateway.Tcp.SourceIp;

/// <summary>The names of a route that a template can contain.</summary>
/// <param name="Route">The name of the route.</param>
/// <param name="Listener">The name of its listener.</param>
/// <param name="Cluster">The name of its cluster.</param>
public readonly record struct RouteScope(string Route, string Listener, string Cluster);
