namespace Gateway.Tcp.Telemetry;

/// <summary>How far a connection had come when it ended.</summary>
public enum OutcomePhase : byte
{
    /// <summary>It was accepted.</summary>
    Accept,

    /// <summary>Its first bytes were looked at: PROXY header, TCP option.</summary>
    Identify,

    /// <summary>Its route was chosen.</summary>
    Route,

    /// <summary>A destination was dialed.</summary>
    Dial,

    /// <summary>It was carried.</summary>
    Carry,
}
