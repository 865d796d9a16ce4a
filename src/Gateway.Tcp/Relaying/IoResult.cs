using System.Net.Sockets;

namespace Gateway.Tcp.Relaying;

/// <summary>The result of a non-blocking read or write.</summary>
public readonly record struct IoResult(int Bytes, SocketError Error);
