using System.Net.Sockets;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Dialing;

/// <summary>What the opening of a connection came to.</summary>
/// <param name="Failure">As in <see cref="DialResult"/>; null: the destination is reached.</param>
/// <param name="Error">The socket's error, if it had one.</param>
/// <param name="Why">What an operator reads: <c>tls:untrusted</c>. Null: the error says it.</param>
internal readonly record struct OpeningResult(CloseReason? Failure, SocketError Error = SocketError.Success, string? Why = null);
