using System.Net;
using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// One non-blocking socket on one <see cref="EventLoop"/>: its descriptor, its readiness, its timer and its end. The user of the socket
/// (<see cref="Owner"/>) changes over its life: the connection that dials it, its own connection, the relay. To be used on the loop's
/// thread, unless a member says otherwise.
/// <para> The socket is registered with epoll once, edge-triggered, for all events. So the readiness is remembered here
/// (<see cref="_ready"/>), and a flag is cleared only by a call that returned EAGAIN or moved less than asked. Another epoll_ctl follows
/// only for a socket whose bytes have to wait (<see cref="IgnoreMore"/>).
/// </para>
/// </summary>
internal sealed class LinuxSocket : FileDescriptor, IEpollTarget, ILoopWork
{
    private readonly EventLoop _loop;
    private readonly int _fd;
    private TimerNode? _timer;
    private EpollEvents _watched = EventLoop.Wanted;
    private int _registration;
    private int _abortReason;
    private Ready _ready;
    private bool _hasEnded;

    /// <summary>Takes over an open, non-blocking socket. Then set an <see cref="Owner"/> and call <see cref="TryRegister"/>.</summary>
    internal LinuxSocket(EventLoop loop, int fd, bool isConnected)
        : base(fd)
    {
        _loop = loop;
        _fd = Hold();

        // A connected socket has room to send. The first event after the registration says whether there are bytes to read.
        _ready = isConnected ? Ready.Write : Ready.None;
    }

    /// <summary>The readiness of the socket, according to its events so far.</summary>
    [Flags]
    private enum Ready : byte
    {
        None = 0,
        Read = 1,
        Write = 2,

        /// <summary>
        /// FIN, failure or urgent data was reported. No further edge may come, so a short read does not clear <see cref="Read"/>.
        /// </summary>
        ReadUntilEmpty = 4,
        Failed = 8,
        HungUp = 16,

        /// <summary>Urgent data came at some time in the socket's life.</summary>
        SeenUrgent = 32,

        /// <summary>FIN or a failure was reported.</summary>
        PeerEnded = 64,

        /// <summary>Urgent bytes stay in the stream (SO_OOBINLINE).</summary>
        KeepsUrgent = 128,
    }

    /// <inheritdoc/>
    int IEpollTarget.Registration => _registration;

    /// <summary>Is notified of events, of the timer and of an abort.</summary>
    internal ISocketOwner? Owner { get; set; }

    /// <summary>Keep-alive that is not yet started. The relay starts it if the connection lives longer than a short connection.</summary>
    internal TcpKeepAlive? KeepAlive { get; set; }

    internal EventLoop Loop => _loop;

    internal int Fd => _fd;

    internal bool IsReadable => (_ready & Ready.Read) != 0;

    internal bool IsWritable => (_ready & Ready.Write) != 0;

    /// <summary>EPOLLERR came.</summary>
    internal bool HasFailed => (_ready & Ready.Failed) != 0;

    /// <summary>EPOLLERR or EPOLLHUP came. For a connecting socket this means that the connect failed.</summary>
    internal bool HasHungUp => (_ready & (Ready.Failed | Ready.HungUp)) != 0;

    /// <summary>The peer has sent FIN, or the connection has failed. Bytes from before may still be unread.</summary>
    internal bool HasPeerEnded => (_ready & Ready.PeerEnded) != 0;

    internal bool HasSeenUrgent => (_ready & Ready.SeenUrgent) != 0;

    /// <summary>The socket was closed.</summary>
    internal bool HasEnded => _hasEnded;

    /// <summary>No operation can begin any more, because the socket is closed or aborted, or its loop has ended.</summary>
    internal bool IsUnusable => _hasEnded || _loop.HasEnded || Volatile.Read(ref _abortReason) != 0;

    /// <summary>From any thread: the reason given to <see cref="Abort"/>, or null.</summary>
    internal CloseReason? AbortReason => Volatile.Read(ref _abortReason) is var reason and > 0 ? (CloseReason)(reason - 1) : null;

    // True: a read that returned less than asked has emptied the socket. False: only EAGAIN or the end of the stream shows that.
    private bool ShortReadEmpties => (_ready & Ready.ReadUntilEmpty) == 0;

    /// <summary>
    /// Registers the socket with the loop's epoll set. False: the kernel has no watch left (fs.epoll.max_user_watches), or no memory.
    /// </summary>
    internal bool TryRegister()
    {
        _registration = Math.Max(0, _loop.Register(this, _fd));
        return _registration != 0;
    }

    /// <summary>Returns the number of bytes, 0 at the end of the stream, or −errno.</summary>
    internal int Receive(Span<byte> buffer)
    {
        var count = Syscalls.Receive(_fd, buffer);
        if (count == -Errno.EAGAIN || (count > 0 && count < buffer.Length && ShortReadEmpties))
        {
            ClearReadable();
        }

        return count;
    }

    /// <summary>The number of bytes that a read would return (at most 1), 0 at the end of the stream, or −errno.</summary>
    internal int Peek()
    {
        Span<byte> next = [0];
        return Syscalls.Peek(_fd, next);
    }

    /// <summary>Returns the number of bytes that the kernel took, or −errno.</summary>
    internal int Send(ReadOnlySpan<byte> data)
    {
        var count = Syscalls.Send(_fd, data);
        if (count < data.Length && count is >= 0 or -Errno.EAGAIN)
        {
            ClearWritable();
        }

        return count;
    }

    /// <summary>Half-close: sends FIN after the bytes that are still in the send queue.</summary>
    internal SocketError ShutdownSend() => Errno.ToSocketError(-Math.Min(0, Syscalls.ShutdownSend(_fd)));

    /// <summary>Reads SO_ERROR, which the kernel reports once; ConnectionReset if it was read before.</summary>
    internal SocketError TakeError() =>
        Syscalls.GetOption(_fd, SocketOption.Error) is var errno and > 0 ? Errno.ToSocketError(errno) : SocketError.ConnectionReset;

    internal void ClearReadable()
    {
        _ready &= ~Ready.Read;
        WatchAgain(EpollEvents.In | EpollEvents.Priority);
    }

    internal void ClearWritable()
    {
        _ready &= ~Ready.Write;
        WatchAgain(EpollEvents.Out);
    }

    /// <summary>
    /// Stops the events that would report a readiness that is known already, until the flag is cleared. Without this, each segment that
    /// arrives wakes the loop although the bytes have to wait for the other side: two wake-ups of three, with a spliced stream.
    /// </summary>
    internal void IgnoreMore()
    {
        var needed = _watched & ~((IsReadable ? EpollEvents.In | EpollEvents.Priority : 0) | (IsWritable ? EpollEvents.Out : 0));
        if (needed != _watched)
        {
            // No event reports an urgent byte in time, and recv would drop the byte.
            KeepUrgentBytes();
            _watched = needed;
            _loop.Modify(_fd, _registration, needed);
        }
    }

    /// <summary>Marks a failed socket as readable, because no event may have reported the bytes that it still holds.</summary>
    internal void AssumeReadable() => _ready |= Ready.Read | Ready.ReadUntilEmpty;

    /// <summary>The local endpoint; null once the socket is closed. From any thread.</summary>
    internal IPEndPoint? ReadLocalEndPoint()
    {
        if (_hasEnded)
        {
            return null;
        }

        try
        {
            var result = Syscalls.GetSocketName(Hold(), out var address);
            Release();
            return result < 0 ? null : address.ToIPEndPoint();
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>Arms the socket's one timer; <see cref="TimerNode.Never"/> disarms it.</summary>
    internal void ArmTimer(long dueAt)
    {
        if (dueAt != TimerNode.Never)
        {
            _timer ??= new TimerNode(static owner => ((LinuxSocket)owner).OnTimer(), this);
        }

        if (_timer is { } timer)
        {
            _loop.Timers.Arm(timer, dueAt);
        }
    }

    /// <summary>A limit as the loop's time; <see cref="TimerNode.Never"/> for no limit.</summary>
    internal long DueAfter(TimeSpan limit) =>
        limit < TimeSpan.Zero || limit >= TimeSpan.FromDays(365) ? TimerNode.Never : _loop.Now + (long)limit.TotalMilliseconds;

    /// <summary>From any thread: ends pending and later operations for this reason. The reason of the first call stays.</summary>
    internal void Abort(CloseReason reason)
    {
        // Always through the loop's queue, even on the loop's own thread, because a callback of the relay may abort, and the relay must not
        // end within its own callback.
        if (Interlocked.CompareExchange(ref _abortReason, (int)reason + 1, 0) == 0)
        {
            _loop.Post(this);
        }
    }

    /// <summary>Closes in order: sends FIN, unless unread bytes make the kernel send RST. Does nothing if already closed.</summary>
    internal void CloseInOrder() => Close(withReset: false);

    /// <summary>Closes with RST. Does nothing if already closed.</summary>
    internal void CloseWithReset() => Close(withReset: true);

    /// <summary>Ends pending operations, and resets.</summary>
    internal void Abandon(CloseReason reason)
    {
        _ = Interlocked.CompareExchange(ref _abortReason, (int)reason + 1, 0);
        try
        {
            Owner?.OnAborted(this, reason);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            _loop.Report(exception);
        }

        CloseWithReset();
    }

    /// <inheritdoc/>
    public void OnEvents(EpollEvents events)
    {
        const EpollEvents Ends = EpollEvents.ReadHangUp | EpollEvents.HangUp | EpollEvents.Error;
        const EpollEvents UntilEmpty = Ends | EpollEvents.Priority;
        if ((events & (EpollEvents.In | UntilEmpty)) != 0)
        {
            _ready |= (events & UntilEmpty) != 0 ? Ready.Read | Ready.ReadUntilEmpty : Ready.Read;
            _ready |= (events & Ends) != 0 ? Ready.PeerEnded : Ready.None;
        }

        if ((events & (EpollEvents.Out | EpollEvents.HangUp | EpollEvents.Error)) != 0)
        {
            _ready |= Ready.Write;
        }

        if ((events & (EpollEvents.Priority | EpollEvents.HangUp | EpollEvents.Error)) != 0)
        {
            NoteRareEvents(events);
        }

        Owner?.OnReady(this);
    }

    /// <inheritdoc/>
    void IEpollTarget.OnFault() => Abandon(CloseReason.Error);

    /// <inheritdoc/>
    void IEpollTarget.OnLoopStopping() => Abandon(CloseReason.Drain);

    /// <summary>Posted by <see cref="Abort"/>.</summary>
    void ILoopWork.RunOnLoop() => Owner?.OnAborted(this, AbortReason ?? CloseReason.Error);

    /// <inheritdoc/>
    void ILoopWork.OnFault() => Abandon(CloseReason.Error);

    private void NoteRareEvents(EpollEvents events)
    {
        if ((events & EpollEvents.Priority) != 0)
        {
            KeepUrgentBytes();
            _ready |= Ready.SeenUrgent;
        }

        _ready |= (events & EpollEvents.HangUp) != 0 ? Ready.HungUp : Ready.None;
        _ready |= (events & EpollEvents.Error) != 0 ? Ready.Failed : Ready.None;
    }

    private void KeepUrgentBytes()
    {
        if ((_ready & Ready.KeepsUrgent) == 0)
        {
            SocketOptionSet.KeepUrgentBytes(_fd);
            _ready |= Ready.KeepsUrgent;
        }
    }

    // An event that was missed comes at once, because epoll looks at the socket again.
    private void WatchAgain(EpollEvents events)
    {
        if ((_watched & events) != events)
        {
            _watched |= events;
            _loop.Modify(_fd, _registration, _watched);
        }
    }

    private void OnTimer()
    {
        try
        {
            Owner?.OnTimer(this);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            _loop.Report(exception);
            Abandon(CloseReason.Error);
        }
    }

    private void Close(bool withReset)
    {
        if (_hasEnded)
        {
            return;
        }

        _hasEnded = true;
        if (_timer is { } timer)
        {
            _loop.Timers.Remove(timer);
        }

        _loop.Forget(this, _fd);
        if (withReset)
        {
            _ = Syscalls.SetResetOnClose(_fd);
        }

        Release();
        Dispose();
    }
}
