using Gateway.Tcp.Engines;

namespace Gateway.Http.Backends.Clients;

/// <summary>What holds for the connections of every HTTP client to its destinations.</summary>
internal sealed record DestinationOptions
{
    private static readonly Configuration.KeepAliveConfig Defaults = new();

    /// <summary>
    /// How long a connection to an IP address gets new requests. Defaults to 10 minutes: behind a virtual address pods come and go. What is
    /// under way on a connection goes on for as long as it takes.
    /// </summary>
    public TimeSpan LifetimeOfLiterals { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The same of a name. Defaults to 1 minute: each of its addresses gets a share of the connections, also with HTTP/2, where one
    /// connection carries all requests. Addresses that are new or gone are noticed before (<see cref="LookInterval"/>).
    /// </summary>
    public TimeSpan LifetimeOfNames { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How often a name with requests is looked at. Defaults to 1 s: the resolver keeps an answer for 5 s, and asks for the next one in the
    /// background.
    /// </summary>
    public TimeSpan LookInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// TCP keep-alive. Defaults to that of <see cref="Configuration.KeepAliveConfig"/>: clouds and stateful firewalls forget idle flows at
    /// 240 to 350 s, and a destination that died without a FIN is found within two minutes although no activity timeout is set. YARP's
    /// cluster schema has no key for it.
    /// </summary>
    public TcpKeepAlive KeepAlive { get; init; } = new(Defaults.Time, Defaults.Interval, Defaults.Retries);
}
