using System.Net.Sockets;

namespace Gateway.Tcp.Engines;

/// <summary>The dialed connection, or why there is none.</summary>
public readonly record struct ConnectResult(TcpConnection? Connection, ConnectFailure Failure, SocketError Error)
{
    /// <summary>The connection, where it is a managed socket rather than an engine's.</summary>
    public Socket? Socket { get; init; }
}
