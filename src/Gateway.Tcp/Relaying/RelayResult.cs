using System.Net.Sockets;

namespace Gateway.Tcp.Relaying;

/// <summary>The result of a relay. A byte counts when the kernel of the receiving side's socket has taken it.</summary>
/// <param name="End">Why the relay ended.</param>
/// <param name="ClientToBackendBytes">Payload bytes sent on to the backend by the relay.</param>
/// <param name="BackendToClientBytes">Payload bytes sent on to the client by the relay.</param>
/// <param name="Error">The socket error that caused a reset, otherwise Success.</param>
public readonly record struct RelayResult(RelayEnd End, long ClientToBackendBytes, long BackendToClientBytes, SocketError Error);
