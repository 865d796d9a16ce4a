using System.Net.Sockets;

namespace Gateway.Tcp.Engines;

/// <summary>The dialed connection, or why there is none.</summary>
public readonly record struct ConnectResult(TcpConnection? Connection, ConnectFailure Failure, SocketError Error);
