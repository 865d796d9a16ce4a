using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Relaying;

namespace Gateway.Tcp.Engines;

/// <summary>
/// One TCP connection owned by an engine, accepted or dialed. One operation at a time, apart from what <see cref="RelaySide"/> says; only
/// <see cref="Abort"/> and
/// <see cref="Relayed"/> may be called from any thread and at any time. Outcomes are values: no operation throws for what a peer or the
/// network does. After each await the caller runs on the thread that the engine chose for this connection, and a backend dialed with
/// <see cref="ConnectAsync"/> shares it. Closing in order is FIN, unless unread bytes make the kernel send RST.
/// </summary>
public abstract class TcpConnection : RelaySide, IConnector
{
    private IRelay? _relay;

    /// <summary>The other end of this socket, v4-mapped addresses unmapped.</summary>
    public abstract IPEndPoint RemoteEndPoint { get; }

    /// <summary>Our end of this socket (for a TPROXY listener: the original destination), v4-mapped addresses unmapped.</summary>
    public abstract IPEndPoint LocalEndPoint { get; }

    /// <summary>
    /// Where the client connected to before the kernel redirected it here (SO_ORIGINAL_DST); null if it did not, or no longer says.
    /// </summary>
    public virtual IPEndPoint? ReadRedirectedDestination() => null;

    /// <summary>
    /// Index of the interface that the socket is bound to: the VRF that a connection came in by (net.ipv4.tcp_l3mdev_accept), in which its
    /// addresses are to be looked up. 0: none.
    /// </summary>
    public virtual int BoundDevice => 0;

    /// <summary>Continues on this connection's engine thread; every other operation must be called from there.</summary>
    public abstract ValueTask EnterAsync();

    /// <summary>
    /// Waits until <see cref="Receive"/> has something to say: bytes, end of stream or an error. Holds no buffer while it waits.
    /// </summary>
    /// <param name="timeout">How long; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <returns>
    /// <see cref="SocketError.Success"/>, <see cref="SocketError.TimedOut"/>, <see cref="SocketError.OperationAborted"/> after
    /// <see cref="Abort"/>, or the socket's error.
    /// </returns>
    public abstract ValueTask<SocketError> WaitReadableAsync(TimeSpan timeout);

    /// <summary>
    /// Reads what is there without waiting; <see cref="SocketError.WouldBlock"/> if nothing is. Zero bytes with Success is the end of the
    /// stream.
    /// </summary>
    public abstract IoResult Receive(Span<byte> buffer);

    /// <summary>Whether it is worth a <see cref="Receive"/>: something may have come. Costs less than the call.</summary>
    public abstract bool MayHaveBytes { get; }

    /// <summary>
    /// Whether <see cref="ReadOptions"/> can know of segments behind the SYN: <see cref="ITcpOptions.Enable"/> has succeeded.
    /// </summary>
    public virtual bool SeesOptions => false;

    /// <summary>
    /// The TCP options of one segment of an accepted connection, as they came: what follows the 20 bytes of its TCP header. 0 bytes if the
    /// listener does not keep them (<see cref="TcpListenOptions.Options"/>), or if the segment had none or has not come yet. Those of the
    /// SYN can be read once.
    /// </summary>
    /// <param name="carrier">One segment.</param>
    /// <param name="options">Takes them; 40 bytes are enough for any.</param>
    /// <returns>How many bytes.</returns>
    public virtual int ReadOptions(OptionCarriers carrier, Span<byte> options) => 0;

    /// <summary>
    /// Sends all of it, waiting for room for at most <paramref name="timeout"/>. Bytes of the result: how much the kernel took.
    /// </summary>
    public abstract ValueTask<IoResult> SendAllAsync(ReadOnlyMemory<byte> data, TimeSpan timeout);

    /// <summary>
    /// Waits for something that is not the connection's own (an answer of a name server), and no longer than the connection lives: a peer
    /// that resets must not hold its place until then. A FIN is no end: the peer may have said all that it has to say.
    /// </summary>
    /// <param name="task">
    /// What is waited for; whether it failed is the caller's to look at. It goes on if the connection ends first.
    /// </param>
    /// <returns>
    /// <see cref="SocketError.Success"/>, <see cref="SocketError.OperationAborted"/> after <see cref="Abort"/>, or
    /// <see cref="SocketError.ConnectionReset"/>.
    /// </returns>
    public abstract ValueTask<SocketError> WaitForAsync(Task task);

    /// <summary>Opens a connection to a backend, carried by the same engine thread as this one.</summary>
    public abstract ValueTask<ConnectResult> ConnectAsync(ConnectRequest request);

    /// <summary>
    /// What the relay of this, the client's connection (or of a layer over it) has carried so far. From any thread, and afterwards too; may
    /// lag behind.
    /// </summary>
    public virtual RelayedBytes Relayed => Relay?.Relayed ?? default;

    /// <inheritdoc/>
    public override TcpConnection Transport => this;

    /// <summary>
    /// Ends the connection from any thread: a pending or later operation ends with <see cref="SocketError.OperationAborted"/> (a relay with
    /// <paramref name="reason"/>, and its other side is reset too). The first call's reason stays.
    /// </summary>
    public abstract void Abort(RelayEnd reason);

    /// <summary>The reason given to <see cref="Abort"/>, or null.</summary>
    public abstract RelayEnd? AbortReason { get; }

    /// <summary>The clock of timeouts and limits that the engine has no clock of its own for.</summary>
    internal virtual TimeProvider Time => TimeProvider.System;

    /// <summary>The relay of this, the client's connection; null: it has had none.</summary>
    internal IRelay? Relay
    {
        get => Volatile.Read(ref _relay);
        set => Volatile.Write(ref _relay, value);
    }

    /// <summary>Tells of an exception that an owner of the connection let escape (a bug).</summary>
    internal virtual void Report(Exception fault)
    {
    }

    /// <summary>Lets other connections have their turn, and continues where this one's operations continue.</summary>
    internal virtual async ValueTask YieldAsync() => await Task.Yield();
}
