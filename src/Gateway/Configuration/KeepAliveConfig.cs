namespace Gateway.Configuration;

/// <summary>TCP keep-alive.</summary>
public sealed record KeepAliveConfig
{
    /// <summary>Whether keep-alive probes are sent. Defaults to true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>
    /// Time without data before the first probe. Defaults to 60 s, because load balancers drop idle flows after 240–350 s.
    /// </summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time between probes. Defaults to 15 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Number of unanswered probes after which the connection counts as dead. Defaults to 4.</summary>
    public int Retries { get; init; } = 4;

    /// <summary>
    /// TCP_USER_TIMEOUT, 1 s to 24 h: how long data that was sent may stay unacknowledged until the connection counts as dead. Keep-alive
    /// probes only an idle connection; this is for a peer that vanishes while data is under way. It also ends a connection whose peer
    /// acknowledges, but reads nothing for so long. Applies even if <see cref="Enabled"/> is false. Defaults to null: the kernel's
    /// (<c>net.ipv4.tcp_retries2</c>, some 15 minutes), because a reader may be slow for a good reason. Linux only.
    /// </summary>
    public TimeSpan? UserTimeout { get; init; }
}
