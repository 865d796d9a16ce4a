namespace Gateway.Tcp.Configuration;

/// <summary>A segment that may carry the option.</summary>
public enum ToaCarrier
{
    /// <summary>The first one (TCP_SAVED_SYN).</summary>
    Syn,

    /// <summary>The last one of the handshake (eBPF).</summary>
    Ack,

    /// <summary>The first one with payload (eBPF).</summary>
    Data,
}
