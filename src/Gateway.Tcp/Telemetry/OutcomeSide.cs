namespace Gateway.Tcp.Telemetry;

/// <summary>The side that caused the end of a connection.</summary>
internal enum OutcomeSide : byte
{
    /// <summary>The gateway: its policy, a shortage, its shutdown or a bug.</summary>
    Gateway,

    /// <summary>The client, or a proxy in front of the gateway.</summary>
    Client,

    /// <summary>The destination, or the network to the destination.</summary>
    Backend,
}
