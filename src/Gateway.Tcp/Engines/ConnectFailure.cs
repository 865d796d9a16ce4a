using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Engines;

/// <summary>
/// What failed in one attempt to connect. It is not the end of a connection, so it is no <see cref="CloseReason"/>: a dial makes up to 16
/// attempts for one client, and metrics count each by <c>error.type</c>, which tells apart what has the same reason (the client's address
/// cannot be used because of its bind, its option or a missing right). Who is to blame, and whether another destination is tried, follows
/// from the attempt's reason (<see cref="ConnectFailures.Reason"/>).
/// </summary>
public enum ConnectFailure : byte
{
    /// <summary>The connect did not fail.</summary>
    None,

    /// <summary>Refused, reset or unreachable: the destination or the network is to blame.</summary>
    Destination,

    /// <summary>No answer within the timeout (in transparent mode also: no return route).</summary>
    Timeout,

    /// <summary>The destination is one of our own listeners: the configuration is to blame.</summary>
    Self,

    /// <summary>The client's address could not be bound (EADDRNOTAVAIL, EADDRINUSE, EINVAL): the backend is not to blame.</summary>
    Bind,

    /// <summary>
    /// The client's address could not be put into the SYN, because there is no room beside other options, or because the engine cannot
    /// write options: the backend is not to blame.
    /// </summary>
    Option,

    /// <summary>The gateway lacks a right (EPERM, EACCES at IP_TRANSPARENT or SO_MARK).</summary>
    Permission,

    /// <summary>The gateway has no descriptor, port or memory left (EMFILE, ENFILE, ENOBUFS, EADDRNOTAVAIL at connect).</summary>
    Resources,

    /// <summary>The client's connection was aborted or reset during the connect.</summary>
    Aborted,
}
