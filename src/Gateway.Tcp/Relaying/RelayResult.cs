using System.Net.Sockets;

namespace Gateway.Tcp.Relaying;

/// <summary>What a relay carried. Bytes count what the receiving side's kernel took.</summary>
/// <param name="End">Why it ended.</param>
/// <param name="ClientToBackendBytes">Payload bytes sent on to the backend by the relay.</param>
/// <param name="BackendToClientBytes">Payload bytes sent on to the client by the relay.</param>
/// <param name="Error">The socket error behind a reset, else Success.</param>
public readonly record struct RelayResult(RelayEnd End, long ClientToBackendBytes, long BackendToClientBytes, SocketError Error);
