namespace Gateway.Configuration;

/// <summary>Conditions for readiness in addition to bound listeners (<c>Probes:ReadyWhen</c>).</summary>
public sealed record ReadyWhenConfig
{
    /// <summary>
    /// Clusters of <c>TcpProxy</c> or <c>ReverseProxy</c>. Each must have a destination that its health checks do not report as dead.
    /// Required: at least one cluster. A cluster without health checks always counts as healthy.
    /// </summary>
    public IReadOnlyList<string> Clusters { get; init; } = [];
}
