namespace Gateway.Tcp.Telemetry;

/// <summary>How far a connection had come when it ended.</summary>
internal enum OutcomePhase : byte
{
    /// <summary>The connection was accepted.</summary>
    Accept,

    /// <summary>The first bytes were examined: PROXY header, TCP option.</summary>
    Identify,

    /// <summary>The route was chosen.</summary>
    Route,

    /// <summary>A destination was dialed.</summary>
    Dial,

    /// <summary>Bytes were carried between client and backend.</summary>
    Carry,
}
