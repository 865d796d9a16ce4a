namespace Gateway.Configuration;

/// <summary>What readiness depends on besides bound listeners (<c>Probes:ReadyWhen</c>).</summary>
public sealed record ReadyWhenConfig
{
    /// <summary>
    /// Clusters, of <c>TcpProxy</c> or <c>ReverseProxy</c>, each of which must have a destination that its health checks do not call dead.
    /// Required: at least one. One that nobody checks always counts.
    /// </summary>
    public IReadOnlyList<string> Clusters { get; init; } = [];
}
