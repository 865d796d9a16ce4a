using System.Net.Sockets;
using Gateway.Tcp.Relaying;

namespace Gateway.Tcp.Engines;

/// <summary>
/// One side of a relay, the client's or the backend's: a <see cref="TcpConnection"/>, or a layer over one that changes its bytes, such as
/// TLS (<see cref="StreamSide"/>). Any two can be relayed; two plain connections of the Linux engine are spliced, all others go through
/// <see cref="StreamRelay"/>, which asks for no more than this. One read (or wait for bytes) and one write may be under way at the same
/// time. Outcomes are values: nothing throws for what a peer or the network does.
/// </summary>
public abstract class RelaySide
{
    /// <summary>The connection that carries the bytes; the side is reset and aborted with it.</summary>
    public abstract TcpConnection Transport { get; }

    /// <summary>
    /// Waits until <see cref="ReadAsync"/> has something to say: bytes, the end of the stream, an error. Holds no buffer meanwhile.
    /// </summary>
    public abstract ValueTask<SocketError> AwaitBytesAsync();

    /// <summary>
    /// Reads what is there. <see cref="SocketError.WouldBlock"/> if nothing is: wait again. 0 bytes with Success: the end of the stream.
    /// </summary>
    public abstract ValueTask<IoResult> ReadAsync(Memory<byte> buffer);

    /// <summary>Waits for room, and writes some of it: how much, the result says.</summary>
    public abstract ValueTask<IoResult> WriteAsync(ReadOnlyMemory<byte> data);

    /// <summary>Ends the stream that is written, in order (FIN, for TLS close_notify before it); reading goes on.</summary>
    public abstract ValueTask<SocketError> ShutdownSendAsync();

    /// <summary>
    /// Whether the stream that was read has ended without the end that its layer has (TLS: close_notify): it may have been cut.
    /// </summary>
    public virtual bool WasCut => false;

    /// <summary>Ends the stream that is written as a stream ends that was cut: FIN, and nothing of the layer before it.</summary>
    public virtual ValueTask<SocketError> CutSendAsync() => ShutdownSendAsync();

    /// <summary>Closes in order. Does nothing if already closed.</summary>
    public abstract void Close();

    /// <summary>Closes with RST. Does nothing if already closed.</summary>
    public abstract void Reset();

    /// <summary>
    /// Carries bytes both ways between this (the client's) and <paramref name="backend"/> until both directions are done, a limit fires, or
    /// either is aborted. Half-close is passed on as half-close, RST as RST, and back-pressure is the sockets'. Closes both: in order when
    /// both directions ended in order; after a limit, an abort or a refusal with RST, so that nobody takes a cut stream for a complete one.
    /// Holds no buffer while nothing is in flight.
    /// </summary>
    /// <param name="backend">The backend's side.</param>
    /// <param name="options">Limits.</param>
    /// <param name="guard">
    /// Looks at the client's first bytes before they are passed on, until it says that it has seen enough; null: nothing is looked at.
    /// </param>
    public virtual ValueTask<RelayResult> RelayAsync(RelaySide backend, RelayOptions options, IFirstBytesGuard? guard = null)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(options);
        var relay = new StreamRelay(this, backend, options, guard);
        Transport.Relay = relay;
        return relay.RunAsync();
    }
}
