namespace Gateway.Tcp.Telemetry;

/// <summary>Whose doing the end of a connection was.</summary>
public enum OutcomeSide : byte
{
    /// <summary>Ours: our policy, our shortage, our shutdown or our bug.</summary>
    Gateway,

    /// <summary>The client's, or that of a proxy in front of us.</summary>
    Client,

    /// <summary>The destination's, or that of the network to it.</summary>
    Backend,
}
