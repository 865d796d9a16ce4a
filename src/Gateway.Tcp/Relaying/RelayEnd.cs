namespace Gateway.Tcp.Relaying;

/// <summary>Why a relay ended.</summary>
public enum RelayEnd : byte
{
    /// <summary>Both directions ended in order, the client's first.</summary>
    ClientFin,

    /// <summary>Both directions ended in order, the backend's first.</summary>
    BackendFin,

    /// <summary>The client reset, or its socket failed.</summary>
    ClientReset,

    /// <summary>The backend reset, or its socket failed.</summary>
    BackendReset,

    /// <summary>No byte came in either direction for <see cref="RelayOptions.IdleTimeout"/>.</summary>
    IdleTimeout,

    /// <summary>One side had ended, and no byte came for <see cref="RelayOptions.HalfClosedTimeout"/>.</summary>
    HalfClosedTimeout,

    /// <summary><see cref="RelayOptions.MaxDuration"/> was reached.</summary>
    MaxDuration,

    /// <summary>The gateway ended the relay at shutdown.</summary>
    Drain,

    /// <summary>The relay was ended to make room, because all places were taken and its client had sent nothing.</summary>
    Limit,

    /// <summary>Health checks have taken the backend's address out of use, and the cluster then ends its connections.</summary>
    Unhealthy,

    /// <summary>An operator closed the connection.</summary>
    Admin,

    /// <summary>The guard refused the client's first bytes.</summary>
    Refused,

    /// <summary>A bug of the gateway.</summary>
    Error,
}
