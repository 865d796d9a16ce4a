using Gateway.Tcp.Engines;

namespace Gateway.Http.Clients;

/// <summary>What holds for the connections of every HTTP client to its destinations.</summary>
internal sealed record DestinationOptions
{
    private static readonly Configuration.KeepAliveConfig Defaults = new();

    /// <summary>
    /// How long a connection gets new requests. Defaults to 10 s: names are looked up when a connection is opened, and one that never ended
    /// would never follow them, nor see another pod behind a headless service or a balancer. What is under way on a connection goes on for
    /// as long as it takes.
    /// </summary>
    public TimeSpan ConnectionLifetime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// TCP keep-alive. Defaults to that of <see cref="Configuration.KeepAliveConfig"/>: clouds and stateful firewalls forget idle flows at
    /// 240 to 350 s, and a destination that died without a FIN is found within two minutes although no activity timeout is set. YARP's
    /// cluster schema has no key for it.
    /// </summary>
    public TcpKeepAlive KeepAlive { get; init; } = new(Defaults.Time, Defaults.Interval, Defaults.Retries);
}
