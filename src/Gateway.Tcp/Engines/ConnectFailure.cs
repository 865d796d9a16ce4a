namespace Gateway.Tcp.Engines;

/// <summary>Who is to blame for a connect that failed.</summary>
public enum ConnectFailure : byte
{
    /// <summary>It did not fail.</summary>
    None,

    /// <summary>Refused, reset, unreachable: the destination's or the network's fault.</summary>
    Destination,

    /// <summary>No answer within the timeout (in transparent mode also: no return route).</summary>
    Timeout,

    /// <summary>The destination is one of our own listeners: the configuration's fault.</summary>
    Self,

    /// <summary>The client's address could not be bound (EADDRNOTAVAIL, EADDRINUSE, EINVAL): ours, not the backend's.</summary>
    Bind,

    /// <summary>
    /// The client's address could not be put into the SYN: no room beside other options, or the engine cannot: ours, not the backend's.
    /// </summary>
    Option,

    /// <summary>A right is missing (EPERM, EACCES at IP_TRANSPARENT or SO_MARK): ours.</summary>
    Permission,

    /// <summary>No descriptor, port or memory left (EMFILE, ENFILE, ENOBUFS, EADDRNOTAVAIL at connect): ours.</summary>
    Resources,

    /// <summary>The client's connection was aborted or reset while we dialed.</summary>
    Aborted,
}
