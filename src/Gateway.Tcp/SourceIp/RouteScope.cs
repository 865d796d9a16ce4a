namespace Gateway.Tcp.SourceIp;

/// <summary>What a template can say of its route.</summary>
/// <param name="Route">Its name.</param>
/// <param name="Listener">Its listener's.</param>
/// <param name="Cluster">Its cluster's.</param>
public readonly record struct RouteScope(string Route, string Listener, string Cluster);
