using System.Net;

namespace Gateway.Tcp.Engines;

/// <summary>What to dial, and from where.</summary>
public sealed record ConnectRequest
{
    /// <summary>The destination's address.</summary>
    public required IPEndPoint Destination { get; init; }

    /// <summary>
    /// Transparent mode: the client's address to bind. Port 0 means an ephemeral port (IP_BIND_ADDRESS_NO_PORT). Null: the kernel chooses.
    /// </summary>
    public IPEndPoint? TransparentSource { get; init; }

    /// <summary>
    /// A TCP option (kind, length, value) that the SYN, the last ACK of the handshake and the first data carry. Empty: none. If the SYN has
    /// no room for the option, the attempt fails with <see cref="ConnectFailure.Option"/>.
    /// </summary>
    public ReadOnlyMemory<byte> ClientOption { get; init; }

    /// <summary>SO_MARK of the connection; 0: none.</summary>
    public int Mark { get; init; }

    /// <summary>Index of the interface (VRF) that the connection is bound to; 0: none.</summary>
    public int Device { get; init; }

    /// <summary>The time limit of this attempt.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Keep-alive probes; null: off.</summary>
    public TcpKeepAlive? KeepAlive { get; init; }

    /// <summary>Buffers and DSCP; null: the kernel's.</summary>
    public TcpSocketOptions? Socket { get; init; }

    /// <summary>TCP_USER_TIMEOUT; null: the kernel's.</summary>
    public TimeSpan? UserTimeout { get; init; }
}
