namespace Gateway.Linux;

/// <summary>What epoll is asked for and tells (EPOLLIN …).</summary>
[Flags]
internal enum EpollEvents : uint
{
    None = 0,
    In = 0x1,

    /// <summary>Urgent data: a read stops in front of it, so a short read does not mean that nothing is left.</summary>
    Priority = 0x2,
    Out = 0x4,

    /// <summary>The socket has failed; reported without being asked for.</summary>
    Error = 0x8,

    /// <summary>Both directions are shut; reported without being asked for.</summary>
    HangUp = 0x10,

    /// <summary>The peer sent FIN; there may still be bytes to read.</summary>
    ReadHangUp = 0x2000,
    EdgeTriggered = 1u << 31,
}
