namespace Gateway.Tcp.Configuration;

/// <summary>
/// Limits of a listener (<c>Listeners:NAME:Limits</c>). They hold beside the limit of the whole process (<c>Limits:MaxConnections</c>). The
/// host validates them in <c>Configuration/Validation/LimitsTopic.cs</c>.
/// </summary>
public sealed record ListenerLimitsConfig
{
    /// <summary>Most connections at once; more are refused. At least 1. Defaults to null: no limit.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>Limits of each client. Defaults to null: none.</summary>
    public PerClientLimitsConfig? PerClient { get; init; }
}
