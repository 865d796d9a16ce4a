namespace Gateway.Tcp.Dnat;

/// <summary>The kind of packets or connections that a counter counts.</summary>
internal enum DnatCounterKind
{
    /// <summary>New connections: a nat chain sees only the first packet of each connection.</summary>
    Opened,

    /// <summary>Packets from clients.</summary>
    Received,

    /// <summary>Packets to clients.</summary>
    Sent,

    /// <summary>
    /// Packets of clients whose connection has no answer yet, as they arrive: one for each connection, and one for each retry.
    /// </summary>
    Tried,

    /// <summary>Packets of clients whose connection has no answer yet, as they leave this host.</summary>
    Left,

    /// <summary>First answers of destinations (SYN-ACK) and refusals (RST).</summary>
    Answered,

    /// <summary>Packets that left this host with another source than the client.</summary>
    Rewritten,
}
