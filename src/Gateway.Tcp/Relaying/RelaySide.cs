using System.Net.Sockets;

namespace Gateway.Tcp.Relaying;

/// <summary>
/// One side of a relay, the client's or the backend's: a connection (<see cref="RelayTransport"/>), or a layer over a connection that
/// changes the bytes, such as TLS (<see cref="StreamSide"/>). Any two sides can be relayed. Two plain connections of the Linux engine are
/// spliced; all other pairs use <see cref="StreamRelay"/>, which needs only the members of this class. One read (or wait for bytes) and one
/// write may run at the same time. Errors of a peer or the network are returned as values and never thrown.
/// </summary>
public abstract class RelaySide
{
    /// <summary>The connection that carries the bytes. Resetting or aborting the connection resets or aborts the side.</summary>
    public abstract RelayTransport Transport { get; }

    /// <summary>
    /// Waits until <see cref="ReadAsync"/> can return bytes, the end of the stream or an error. Holds no buffer while waiting.
    /// </summary>
    public abstract ValueTask<SocketError> AwaitBytesAsync();

    /// <summary>
    /// Reads the bytes that are there. <see cref="SocketError.WouldBlock"/>: there are none, wait again. 0 bytes with Success: the end of
    /// the stream.
    /// </summary>
    public abstract ValueTask<IoResult> ReadAsync(Memory<byte> buffer);

    /// <summary>
    /// Waits until bytes can be written, and writes all or a part of the data. The result tells how many bytes were written.
    /// </summary>
    public abstract ValueTask<IoResult> WriteAsync(ReadOnlyMemory<byte> data);

    /// <summary>Ends the written stream in order (FIN, with TLS close_notify before the FIN). Reading goes on.</summary>
    public abstract ValueTask<SocketError> ShutdownSendAsync();

    /// <summary>
    /// Whether the stream that was read ended without the layer's own end (TLS: close_notify), so that the stream may have been cut.
    /// </summary>
    public virtual bool WasCut => false;

    /// <summary>
    /// Why the layer itself could not go on, although its connection was well (TLS: bytes that are no record); null: it could.
    /// </summary>
    public virtual Exception? LayerFailure => null;

    /// <summary>Ends the written stream like a cut stream: with FIN, and without the layer's own end.</summary>
    public virtual ValueTask<SocketError> CutSendAsync() => ShutdownSendAsync();

    /// <summary>Closes in order. Does nothing if already closed.</summary>
    public abstract void Close();

    /// <summary>Closes with RST. Does nothing if already closed.</summary>
    public abstract void Reset();

    /// <summary>
    /// Carries bytes both ways between this side (the client's) and <paramref name="backend"/> until both directions have ended, a limit is
    /// reached, or either side is aborted. Half-close is passed on as half-close, RST as RST, and the sockets give the back-pressure.
    /// Closes both sides: in order if both directions ended in order; with RST after a limit, an abort or a refusal, so that neither side
    /// takes a cut stream for a complete stream. Holds no buffer while no bytes are under way.
    /// </summary>
    /// <param name="backend">The backend's side.</param>
    /// <param name="options">Limits.</param>
    /// <param name="guard">
    /// Looks at the client's first bytes before they are passed on, until its answer is Pass; null: nothing is looked at.
    /// </param>
    internal virtual ValueTask<RelayResult> RelayAsync(RelaySide backend, RelayOptions options, IFirstBytesGuard? guard = null)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(options);
        var relay = new StreamRelay(this, backend, options, guard);
        Transport.Relay = relay;
        return relay.RunAsync();
    }
}
