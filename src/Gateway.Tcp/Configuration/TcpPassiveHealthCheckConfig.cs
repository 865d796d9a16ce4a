namespace Gateway.Tcp.Configuration;

/// <summary>
/// Checks a destination by the results of clients' connects (<c>TcpProxy:Clusters:NAME:HealthCheck:Passive</c>). No extra connections are
/// made, and no client waits longer. Where the section is absent, the checks run with these defaults.
/// </summary>
public sealed record TcpPassiveHealthCheckConfig
{
    /// <summary>
    /// Whether failed connects count. False: every destination gets its turn, even after failed connects. Defaults to true.
    /// </summary>
    public bool Enabled { get; init; } = true;

    /// <summary>
    /// Failed connects in a row until a destination is left out. Defaults to 2, because each failure may cost a client ConnectTimeout, and
    /// a single failure may be a restart (nginx: max_fails=1).
    /// </summary>
    public int Failures { get; init; } = 2;

    /// <summary>
    /// How long a destination is left out. Then one connection tries the destination; if that fails, the destination is left out for the
    /// same time again. Defaults to 10 s, as nginx's fail_timeout.
    /// </summary>
    public TimeSpan EjectionTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How many of a cluster's destinations may be left out at once, in percent; one destination may always be left out. Defaults to 100,
    /// because destinations that are left out are still tried if all others fail, so that no client loses its connection even if all are
    /// left out.
    /// </summary>
    public int MaxEjectedPercent { get; init; } = 100;
}
