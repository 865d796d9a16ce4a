namespace Gateway.Linux;

/// <summary>The events that epoll is asked for and reports (EPOLLIN …).</summary>
[Flags]
internal enum EpollEvents : uint
{
    None = 0,
    In = 0x1,

    /// <summary>Urgent data. A read stops before the urgent byte, so a short read does not mean that nothing is left.</summary>
    Priority = 0x2,
    Out = 0x4,

    /// <summary>The socket has failed. Always reported, even if not asked for.</summary>
    Error = 0x8,

    /// <summary>Both directions are shut. Always reported, even if not asked for.</summary>
    HangUp = 0x10,

    /// <summary>The peer has sent FIN. There may still be bytes to read.</summary>
    ReadHangUp = 0x2000,
    EdgeTriggered = 1u << 31,
}
