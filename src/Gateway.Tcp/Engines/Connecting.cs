using System.Net;
using System.Net.Sockets;

namespace Gateway.Tcp.Engines;

/// <summary>What to dial, and from where.</summary>
public sealed record ConnectRequest
{
    /// <summary>The destination's address.</summary>
    public required IPEndPoint Destination { get; init; }

    /// <summary>Transparent mode: the client's address to bind, port 0 for an ephemeral one (IP_BIND_ADDRESS_NO_PORT). Null: the kernel chooses.</summary>
    public IPEndPoint? TransparentSource { get; init; }

    /// <summary>
    /// A TCP option (kind, length, value) that the SYN, the last ACK of the handshake and the first data carry. Empty: none. An attempt whose SYN had no room for it
    /// fails with <see cref="ConnectFailure.Option"/>.
    /// </summary>
    public ReadOnlyMemory<byte> ClientOption { get; init; }

    /// <summary>SO_MARK of the connection; 0: none.</summary>
    public int Mark { get; init; }

    /// <summary>Index of the interface (VRF) that the connection is bound to; 0: none.</summary>
    public int Device { get; init; }

    /// <summary>Limit of this one attempt.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Keep-alive probes; null: off.</summary>
    public TcpKeepAlive? KeepAlive { get; init; }
}

/// <summary>Who is to blame for a connect that failed.</summary>
public enum ConnectFailure : byte
{
    /// <summary>It did not fail.</summary>
    None,

    /// <summary>Refused, reset, unreachable: the destination's or the network's fault.</summary>
    Destination,

    /// <summary>No answer within the timeout (in transparent mode also: no return route).</summary>
    Timeout,

    /// <summary>The destination is one of our own listeners: the configuration's fault.</summary>
    Self,

    /// <summary>The client's address could not be bound (EADDRNOTAVAIL, EADDRINUSE, EINVAL): ours, not the backend's.</summary>
    Bind,

    /// <summary>The client's address could not be put into the SYN: no room beside other options, or the engine cannot: ours, not the backend's.</summary>
    Option,

    /// <summary>A right is missing (EPERM, EACCES at IP_TRANSPARENT or SO_MARK): ours.</summary>
    Permission,

    /// <summary>No descriptor, port or memory left (EMFILE, ENFILE, ENOBUFS, EADDRNOTAVAIL at connect): ours.</summary>
    Resources,

    /// <summary>The client's connection was aborted or reset while we dialed.</summary>
    Aborted,
}

/// <summary>The dialed connection, or why there is none.</summary>
public readonly record struct ConnectResult(TcpConnection? Connection, ConnectFailure Failure, SocketError Error)
{
    /// <summary>The connection, where it is a managed socket rather than an engine's.</summary>
    public Socket? Socket { get; init; }
}
