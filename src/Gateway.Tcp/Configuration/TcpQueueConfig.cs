namespace Gateway.Tcp.Configuration;

/// <summary>
/// The connections that wait while every destination that they may use has <c>MaxConnections</c> (<c>TcpProxy:Clusters:NAME:Queue</c>).
/// </summary>
public sealed record TcpQueueConfig
{
    /// <summary>
    /// The most connections that wait: 0 to 100000. Defaults to 0: nobody waits, and a connection without a place is closed with the reason
    /// destination_limit. Each waiting connection holds a place of Limits:MaxConnections.
    /// </summary>
    public int MaxLength { get; init; }

    /// <summary>How long a connection waits in all. Defaults to 5 s: few clients of databases wait longer for a connection.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
}
