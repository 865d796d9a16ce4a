using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.Engines;

/// <summary>Buffers and DSCP of a connection; null: the kernel's. Set before the handshake, which fixes the scale of the window.</summary>
/// <param name="SendBufferBytes">SO_SNDBUF.</param>
/// <param name="ReceiveBufferBytes">SO_RCVBUF.</param>
/// <param name="Dscp">IP_TOS and IPV6_TCLASS, without the two bits of ECN.</param>
public sealed record TcpSocketOptions(int? SendBufferBytes, int? ReceiveBufferBytes, int? Dscp)
{
    /// <summary>Resolves a section.</summary>
    /// <returns>The options; null: none is set, so that a connection costs no system call.</returns>
    public static TcpSocketOptions? From(SocketConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config is { SendBufferBytes: null, ReceiveBufferBytes: null, Dscp: null }
            ? null
            : new TcpSocketOptions(config.SendBufferBytes, config.ReceiveBufferBytes, config.Dscp);
    }
}
