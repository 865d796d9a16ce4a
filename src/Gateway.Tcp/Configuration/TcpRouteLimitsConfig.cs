namespace Gateway.Tcp.Configuration;

/// <summary>
/// Limits of a TCP route (<c>TcpProxy:Routes:NAME:Limits</c>). The host validates them in <c>Configuration/Validation/LimitsTopic.cs</c>.
/// </summary>
public sealed record TcpRouteLimitsConfig
{
    /// <summary>The least limit on bytes per second. Below this, single messages would take seconds.</summary>
    public const long LeastBytesPerSecond = 1024;

    /// <summary>Most connections at once; more are refused. At least 1. Defaults to null: no limit.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>
    /// Most bytes per second of each connection from the client to the backend. At least 1024. Defaults to null: no limit.
    /// </summary>
    public long? BytesPerSecondToBackend { get; init; }

    /// <summary>
    /// Most bytes per second of each connection from the backend to the client. At least 1024. Defaults to null: no limit.
    /// </summary>
    public long? BytesPerSecondToClient { get; init; }
}
