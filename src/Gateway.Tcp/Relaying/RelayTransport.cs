using System.Net.Sockets;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Relaying;

/// <summary>
/// A side of a relay that is a connection itself, and not a layer over one: what a relay needs of the connection that carries a side. Each
/// engine has one.
/// </summary>
public abstract class RelayTransport : RelaySide
{
    private IRelay? _relay;

    /// <summary>Continues on this connection's engine thread. Every other operation must be called on that thread.</summary>
    public abstract ValueTask EnterAsync();

    /// <summary>
    /// The bytes that the relay of this client's connection (or of a layer over it) has carried so far. From any thread, also after the end
    /// of the relay. The numbers may lag behind.
    /// </summary>
    public virtual RelayedBytes Relayed => Relay?.Relayed ?? default;

    /// <inheritdoc/>
    public override RelayTransport Transport => this;

    /// <summary>
    /// Ends the connection from any thread. A pending or later operation ends with <see cref="SocketError.OperationAborted"/>; a relay ends
    /// with <paramref name="reason"/>, and its other side is reset too. The reason of the first call stays.
    /// </summary>
    public abstract void Abort(CloseReason reason);

    /// <summary>The reason given to <see cref="Abort"/>, or null.</summary>
    public abstract CloseReason? AbortReason { get; }

    /// <summary>Whether all that happens to the connection happens on one thread.</summary>
    internal virtual bool HasOneThread => false;

    /// <summary>Whether the socket is known to have failed, such as by RST, although nobody has read the bytes before that.</summary>
    internal virtual bool HasReset => false;

    /// <summary>The clock of those timeouts and limits for which the engine has no clock of its own.</summary>
    internal virtual TimeProvider Time => TimeProvider.System;

    /// <summary>The relay of this client's connection; null: it has had none.</summary>
    internal IRelay? Relay
    {
        get => Volatile.Read(ref _relay);
        set => Volatile.Write(ref _relay, value);
    }

    /// <summary>Reports an exception that an owner of the connection let escape (a bug).</summary>
    internal virtual void Report(Exception fault)
    {
    }

    /// <summary>Lets other connections run, and then continues on the thread of this connection's operations.</summary>
    internal virtual async ValueTask YieldAsync() => await Task.Yield();
}
