namespace Gateway.Tcp.Dnat;

/// <summary>What a counter counts.</summary>
internal enum DnatCounterKind
{
    /// <summary>New connections: a nat chain sees the first packet of each, and no other.</summary>
    Opened,

    /// <summary>Packets from clients.</summary>
    Received,

    /// <summary>Packets to clients.</summary>
    Sent,

    /// <summary>
    /// Packets from clients that have no answer yet, as they arrive: one for each connection, and each time that it is tried again.
    /// </summary>
    Tried,

    /// <summary>The same as they leave this host.</summary>
    Left,

    /// <summary>First answers of destinations (SYN-ACK), and refusals (RST).</summary>
    Answered,

    /// <summary>Those that left with another source than the client.</summary>
    Rewritten,
}
