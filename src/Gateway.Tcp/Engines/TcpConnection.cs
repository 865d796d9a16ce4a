using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Relaying;

namespace Gateway.Tcp.Engines;

/// <summary>
/// One TCP connection owned by an engine, accepted or dialed.
/// 1. One operation at a time, apart from the rules of <see cref="RelaySide"/>. Only <see cref="RelayTransport.Abort"/> and
/// <see cref="RelayTransport.Relayed"/> may be called from any thread and at any time.
/// 2. Failures are values: no operation throws for an action of a peer or the network.
/// 3. After each await the caller runs on the thread that the engine chose for this connection. A backend's connection that was dialed with
/// <see cref="ConnectAsync"/> has the same thread.
/// 4. Closing in order sends FIN, unless unread bytes make the kernel send RST.
/// </summary>
public abstract class TcpConnection : RelayTransport, IConnector
{
    /// <summary>The remote endpoint of this socket, v4-mapped addresses unmapped.</summary>
    public abstract IPEndPoint RemoteEndPoint { get; }

    /// <summary>The local endpoint (for a TPROXY listener: the original destination), v4-mapped addresses unmapped.</summary>
    public abstract IPEndPoint LocalEndPoint { get; }

    /// <summary>
    /// The address to which the client connected before the kernel redirected the connection here (SO_ORIGINAL_DST). Null: the kernel did
    /// not redirect it, or no longer knows the address.
    /// </summary>
    public virtual IPEndPoint? ReadRedirectedDestination() => null;

    /// <summary>
    /// Index of the interface that the socket is bound to: the VRF by which the connection came (net.ipv4.tcp_l3mdev_accept). The addresses
    /// of the connection are to be looked up in this VRF. 0: none.
    /// </summary>
    public virtual int BoundDevice => 0;

    /// <summary>
    /// Waits until <see cref="Receive"/> has a result: bytes, the end of the stream or an error. Holds no buffer during the wait.
    /// </summary>
    /// <param name="timeout">How long; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <returns>
    /// <see cref="SocketError.Success"/>, <see cref="SocketError.TimedOut"/>, <see cref="SocketError.OperationAborted"/> after
    /// <see cref="RelayTransport.Abort"/>, or the socket's error.
    /// </returns>
    public abstract ValueTask<SocketError> WaitReadableAsync(TimeSpan timeout);

    /// <summary>
    /// Reads available bytes without waiting; <see cref="SocketError.WouldBlock"/> if there are none. Zero bytes with Success is the end of
    /// the stream.
    /// </summary>
    public abstract IoResult Receive(Span<byte> buffer);

    /// <summary>Whether bytes may have arrived, so that a <see cref="Receive"/> is worth its cost. Costs less than that call.</summary>
    public abstract bool MayHaveBytes { get; }

    /// <summary>
    /// Whether <see cref="ReadOptions"/> can read segments after the SYN, because <see cref="ITcpOptions.Enable"/> has succeeded.
    /// </summary>
    public virtual bool SeesOptions => false;

    /// <summary>
    /// Reads the TCP options of one segment of an accepted connection, as they arrived: the bytes after the 20 bytes of the TCP header. 0
    /// bytes if the listener does not keep them (<see cref="TcpListenOptions.Options"/>), if the segment had none, or if the segment has
    /// not arrived yet. The options of the SYN can be read once.
    /// </summary>
    /// <param name="carrier">One segment.</param>
    /// <param name="options">The buffer; 40 bytes are always enough.</param>
    /// <returns>The number of bytes.</returns>
    public virtual int ReadOptions(OptionCarriers carrier, Span<byte> options) => 0;

    /// <summary>
    /// Sends all bytes, and waits for room for at most <paramref name="timeout"/>. The result has the number of bytes that the kernel took.
    /// </summary>
    public abstract ValueTask<IoResult> SendAllAsync(ReadOnlyMemory<byte> data, TimeSpan timeout);

    /// <summary>
    /// Waits for a task that does not belong to the connection (the answer of a name server). The wait ends early if the connection ends,
    /// because a peer that has reset must not hold its place until then. A FIN does not end the wait, because the peer may have sent its
    /// complete request.
    /// </summary>
    /// <param name="task">
    /// The task. The caller must look whether it failed. If the connection ends first, the task goes on.
    /// </param>
    /// <returns>
    /// <see cref="SocketError.Success"/>, <see cref="SocketError.OperationAborted"/> after <see cref="RelayTransport.Abort"/>, or
    /// <see cref="SocketError.ConnectionReset"/>.
    /// </returns>
    public abstract ValueTask<SocketError> WaitForAsync(Task task);

    /// <summary>
    /// The connection's bytes as pipes, for a server that speaks the protocol itself. Called once, when the connection was accepted;
    /// nothing else reads or writes from then on. Null: the engine has no pipes.
    /// </summary>
    public virtual ConnectionPipes? OpenPipes() => null;

    /// <summary>
    /// Ends a wait of <see cref="RelaySide.AwaitBytesAsync"/> or <see cref="RelaySide.WriteAsync"/> with
    /// <see cref="SocketError.Interrupted"/>, so that the caller can look whether it still wants it. From any thread. The connection stays
    /// as it is, and a wait that begins later may be ended too. Does nothing where no loop carries the connection.
    /// </summary>
    public virtual void Interrupt()
    {
    }

    /// <summary>Opens a connection to a backend, carried by the same engine thread as this one.</summary>
    public abstract ValueTask<ConnectResult> ConnectAsync(ConnectRequest request);
}
