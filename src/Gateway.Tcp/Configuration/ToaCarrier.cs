namespace Gateway.Tcp.Configuration;

/// <summary>A segment that may carry the TCP option.</summary>
public enum ToaCarrier
{
    /// <summary>The first segment of the handshake (TCP_SAVED_SYN).</summary>
    Syn,

    /// <summary>The last segment of the handshake (eBPF).</summary>
    Ack,

    /// <summary>The first segment with payload (eBPF).</summary>
    Data,
}
