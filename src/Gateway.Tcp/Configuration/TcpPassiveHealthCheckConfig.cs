namespace Gateway.Tcp.Configuration;

/// <summary>
/// What clients' own connects say of a destination (<c>TcpProxy:Clusters:NAME:HealthCheck:Passive</c>). Nothing is sent, and nobody waits
/// longer for it. Holds with these defaults also where the section is absent.
/// </summary>
public sealed record TcpPassiveHealthCheckConfig
{
    /// <summary>False: every destination gets its turn, whatever became of the connects before. Defaults to true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>
    /// Failed connects in a row until a destination is left out. Defaults to 2: each may cost a client ConnectTimeout, and one alone may be
    /// a restart (nginx: max_fails=1).
    /// </summary>
    public int Failures { get; init; } = 2;

    /// <summary>
    /// How long it is left out; then one connection tries it, and the next if that fails too. Defaults to 10 s, as nginx's fail_timeout.
    /// </summary>
    public TimeSpan EjectionTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How many of a cluster's destinations may be left out at once, in percent; one always may. Defaults to 100: those that are left out
    /// are still tried where all others fail, so that even all of them cost no client its connection.
    /// </summary>
    public int MaxEjectedPercent { get; init; } = 100;
}
