namespace Gateway.Tcp.Dialing;

/// <summary>Why no destination was reached.</summary>
public enum DialFailure : byte
{
    /// <summary>A destination was reached.</summary>
    None,

    /// <summary>No destination has an address: the cluster is empty, or no name could be resolved.</summary>
    NoAddress,

    /// <summary>Health checks have taken every destination out of use, and the cluster then refuses connections.</summary>
    NoHealthyDestination,

    /// <summary>The destination refused or reset the connection, or was unreachable.</summary>
    Destination,

    /// <summary>No answer within the timeout.</summary>
    Timeout,

    /// <summary>Connected, but TLS could not be begun.</summary>
    Tls,

    /// <summary>The destination is one of our own listeners.</summary>
    Self,

    /// <summary>The client's address cannot be used as the source, and the fallback is Reject.</summary>
    SourceIp,

    /// <summary>The gateway has no descriptor, port or memory left.</summary>
    Resources,

    /// <summary>Every destination that may be used has as many connections as it may have, and the wait for a place was in vain.</summary>
    DestinationLimit,

    /// <summary>The client's connection was aborted or reset during the dial.</summary>
    Aborted,
}
