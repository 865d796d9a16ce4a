namespace Gateway.Tcp.Telemetry;

/// <summary>
/// The warning of a close reason. Only ends that an operator can do something about have a warning; a FIN or RST of a client or backend has
/// none.
/// </summary>
internal enum OutcomeWarning : byte
{
    /// <summary>No warning.</summary>
    None,

    /// <summary>A listener refuses a client.</summary>
    Refused,

    /// <summary>A listener refuses a client for its own address, so the warning names the client and not the peer.</summary>
    RefusedClient,

    /// <summary>A cluster cannot be reached.</summary>
    Unreachable,
}
