using System.Net.Sockets;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Relaying;

/// <summary>The result of a relay. A byte counts when the kernel of the receiving side's socket has taken it.</summary>
/// <param name="End">Why the relay ended. <see cref="CloseReason.UntrustedHeader"/>: the guard refused the client's first bytes.</param>
/// <param name="ClientToBackendBytes">Payload bytes sent on to the backend by the relay.</param>
/// <param name="BackendToClientBytes">Payload bytes sent on to the client by the relay.</param>
/// <param name="Error">The socket error that caused a reset, otherwise Success.</param>
internal readonly record struct RelayResult(CloseReason End, long ClientToBackendBytes, long BackendToClientBytes, SocketError Error)
{
    /// <summary>Whether <see cref="CloseReason.IdleTimeout"/> is the end by <see cref="RelayOptions.HalfClosedTimeout"/>.</summary>
    public bool ByHalfClosedTimeout { get; init; }
}
