using System.Net.Sockets;

namespace Gateway.Tcp.Engines;

/// <summary>The dialed connection, or why there is none.</summary>
public readonly record struct ConnectResult(TcpConnection? Connection, ConnectFailure Failure, SocketError Error)
{
    /// <summary>The connection, if it is a managed socket and not a connection of an engine.</summary>
    public Socket? Socket { get; init; }
}
