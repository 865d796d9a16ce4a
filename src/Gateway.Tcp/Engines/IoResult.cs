using System.Net.Sockets;

namespace Gateway.Tcp.Engines;

/// <summary>What a non-blocking read or write did.</summary>
public readonly record struct IoResult(int Bytes, SocketError Error);
