namespace Gateway.Tcp.Engines;

/// <summary>Segments of an accepted connection whose TCP options the kernel can keep until they are read.</summary>
[Flags]
public enum OptionCarriers : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The SYN. Needs no right (Linux: TCP_SAVE_SYN).</summary>
    Syn = 1,

    /// <summary>The last ACK of the handshake. Needs <see cref="ITcpOptions.Enable"/>.</summary>
    Ack = 2,

    /// <summary>The first segment with payload. Needs <see cref="ITcpOptions.Enable"/>.</summary>
    Data = 4,
}
