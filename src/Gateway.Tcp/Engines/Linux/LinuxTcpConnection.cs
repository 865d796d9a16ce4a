using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Tcp.Relaying;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// One socket on one <see cref="EventLoop"/>, accepted or dialed. This file: life and readiness. <c>.Await</c>: one pending operation, awaited without
/// allocation. <c>.WaitFor</c>: other people's tasks. <c>.Io</c>: read and send before the relay. <c>.Connect</c>: dialing and handing over
/// to the relay, which is <see cref="LinuxRelay"/>.
/// <para>
/// The socket is registered once, edge-triggered, for everything; no epoll_ctl follows. So readiness is remembered here (<see cref="_ready"/>), and a
/// flag is cleared only by a call that said EAGAIN or moved less than asked.
/// </para>
/// <para>
/// Memory of an idle relayed pair, objects only: 2 connections of about 170 bytes, 2 descriptors of 32, the relay with its two directions about 220, one timer node
/// of 64 and the endpoints about 150: under 800 bytes, in 9 allocations over the life of a connection; none per read, write, wait or timeout.
/// </para>
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Close and Reset dispose of the descriptor: a connection has two ways to end.")]
internal sealed partial class LinuxTcpConnection : TcpConnection, IEpollTarget, ILoopWork
{
    private static readonly IPEndPoint Unknown = new(IPAddress.Any, 0);

    private readonly EventLoop _loop;
    private readonly FileDescriptor _descriptor;
    private readonly int _fd;
    private readonly IPEndPoint _remote;
    private IPEndPoint? _local;
    private LinuxRelay? _relay;
    private TimerNode? _timer;
    private int _registration;
    private int _abortReason;
    private Ready _ready;
    private bool _isClosed;

    /// <summary>Takes over an open, non-blocking socket; <see cref="TryRegister"/> follows.</summary>
    internal LinuxTcpConnection(EventLoop loop, int fd, IPEndPoint remote, bool isConnected)
    {
        _loop = loop;
        _descriptor = new FileDescriptor(fd);
        _fd = _descriptor.Hold();
        _remote = remote;

        // A connected socket has room to send; what there is to read, the registration's first event says.
        _ready = isConnected ? Ready.Write : Ready.None;
    }

    /// <summary>What is known of the socket since its last events.</summary>
    [Flags]
    private enum Ready : byte
    {
        None = 0,
        Read = 1,
        Write = 2,

        /// <summary>FIN, failure or urgent data was reported: no further edge may come, so a short read does not clear <see cref="Read"/>.</summary>
        ReadUntilEmpty = 4,
        Failed = 8,

        /// <summary>Urgent data came at some time.</summary>
        SeenUrgent = 16,
    }

    /// <inheritdoc/>
    public override IPEndPoint RemoteEndPoint => _remote;

    /// <inheritdoc/>
    public override IPEndPoint LocalEndPoint => _local ??= ReadLocalEndPoint();

    /// <inheritdoc/>
    public override int BoundDevice => Math.Max(0, Syscalls.GetOption(_fd, SocketOption.BoundDevice));

    /// <inheritdoc/>
    public override RelayEnd? AbortReason => Volatile.Read(ref _abortReason) is var reason and > 0 ? (RelayEnd)(reason - 1) : null;

    /// <inheritdoc/>
    int IEpollTarget.Registration => _registration;

    /// <summary>Keep-alive that the socket does not have yet; the relay starts it when the connection turns out to live on.</summary>
    internal TcpKeepAlive? KeepAlive { get; set; }

    internal EventLoop Loop => _loop;

    internal int Fd => _fd;

    internal bool IsReadable => (_ready & Ready.Read) != 0;

    internal bool IsWritable => (_ready & Ready.Write) != 0;

    internal bool HasFailed => (_ready & Ready.Failed) != 0;

    internal bool IsClosed => _isClosed;

    /// <summary>Whether a read that returned less than asked has emptied the socket; if not, only EAGAIN or the end of the stream says so.</summary>
    internal bool ShortReadEmpties => (_ready & Ready.ReadUntilEmpty) == 0;

    internal bool HasSeenUrgent => (_ready & Ready.SeenUrgent) != 0;

    internal void ClearReadable() => _ready &= ~Ready.Read;

    /// <summary>For a socket that is known to have failed: what it still holds may not have been reported yet.</summary>
    internal void AssumeReadable() => _ready |= Ready.Read | Ready.ReadUntilEmpty;

    internal void ClearWritable() => _ready &= ~Ready.Write;

    /// <summary>Puts the socket under the loop's watch. False: the kernel has no watch left (fs.epoll.max_user_watches), or no memory.</summary>
    internal bool TryRegister()
    {
        _registration = Math.Max(0, _loop.Register(this, _fd));
        return _registration != 0;
    }

    /// <inheritdoc/>
    public void OnEvents(EpollEvents events)
    {
        const EpollEvents UntilEmpty = EpollEvents.ReadHangUp | EpollEvents.HangUp | EpollEvents.Error | EpollEvents.Priority;
        if ((events & (EpollEvents.In | UntilEmpty)) != 0)
        {
            _ready |= (events & UntilEmpty) != 0 ? Ready.Read | Ready.ReadUntilEmpty : Ready.Read;
        }

        if ((events & (EpollEvents.Out | EpollEvents.HangUp | EpollEvents.Error)) != 0)
        {
            _ready |= Ready.Write;
        }

        if ((events & EpollEvents.Priority) != 0)
        {
            SocketOptionSet.KeepUrgentBytes(_fd);
            _ready |= Ready.SeenUrgent;
        }

        if ((events & EpollEvents.Error) != 0)
        {
            _ready |= Ready.Failed;
        }

        if (_relay is { } relay)
        {
            relay.OnReady(this);
        }
        else if (_operation != Operation.None)
        {
            OnReadyForOperation();
        }
        else if (_dialer is { } dialer)
        {
            dialer.OnDialed((events & (EpollEvents.Error | EpollEvents.HangUp)) != 0);
        }
    }

    /// <inheritdoc/>
    public override void Abort(RelayEnd reason)
    {
        // Always by the loop's queue, also on its own thread: whoever aborts from within a callback of the relay must not find it gone.
        if (Interlocked.CompareExchange(ref _abortReason, (int)reason + 1, 0) == 0)
        {
            _loop.Post(this);
        }
    }

    /// <inheritdoc/>
    public override void Close() => Close(withReset: false);

    /// <inheritdoc/>
    public override void Reset() => Close(withReset: true);

    /// <inheritdoc/>
    void IEpollTarget.OnFault() => Abandon(RelayEnd.Error);

    /// <inheritdoc/>
    void IEpollTarget.OnLoopStopping() => Abandon(RelayEnd.Drain);

    /// <summary>Posted by <see cref="Abort"/> and by <see cref="EnterAsync"/>.</summary>
    void ILoopWork.RunOnLoop()
    {
        var isEntering = Volatile.Read(ref _mayEnter);
        if (AbortReason is { } reason && !isEntering)
        {
            EndPending(reason);
        }

        if (isEntering)
        {
            _mayEnter = false;
            Complete(0);
        }
    }

    /// <summary>Takes part in a relay, or (null) no longer does.</summary>
    internal void JoinRelay(LinuxRelay? relay) => _relay = relay;

    /// <summary>The relay's last act: its result can be had from it.</summary>
    internal void CompleteRelay() => Complete(SocketError.Success);

    /// <summary>Arms the connection's one timer; <see cref="TimerNode.Never"/> disarms it.</summary>
    internal void ArmTimer(long dueAt)
    {
        if (dueAt != TimerNode.Never)
        {
            _timer ??= new TimerNode(static owner => ((LinuxTcpConnection)owner).OnTimer(), this);
        }

        if (_timer is { } timer)
        {
            _loop.Timers.Arm(timer, dueAt);
        }
    }

    /// <summary>A limit as the loop's time; <see cref="TimerNode.Never"/> for no limit.</summary>
    internal long DueAfter(TimeSpan limit) =>
        limit < TimeSpan.Zero || limit >= TimeSpan.FromDays(365) ? TimerNode.Never : _loop.Now + (long)limit.TotalMilliseconds;

    private void Abandon(RelayEnd reason)
    {
        _ = Interlocked.CompareExchange(ref _abortReason, (int)reason + 1, 0);
        try
        {
            EndPending(reason);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            _loop.Report(exception);
        }

        Reset();
    }

    private void EndPending(RelayEnd reason)
    {
        if (_relay is { } relay)
        {
            relay.EndByLimit(reason);
        }
        else
        {
            AbortOperation();
        }
    }

    private void OnTimer()
    {
        try
        {
            if (_relay is { } relay)
            {
                relay.OnTimer();
            }
            else
            {
                OnOperationTimeout();
            }
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            _loop.Report(exception);
            Abandon(RelayEnd.Error);
        }
    }

    private void Close(bool withReset)
    {
        if (_isClosed)
        {
            return;
        }

        if (!_loop.IsCurrent && PostClose(withReset))
        {
            return;
        }

        Debug.Assert(_operation is Operation.None or Operation.Relay, "closed with an operation pending");
        _local ??= Unknown;
        _isClosed = true;
        if (_timer is { } timer)
        {
            _loop.Timers.Remove(timer);
        }

        _loop.Forget(this, _fd);
        if (withReset)
        {
            _ = Syscalls.SetResetOnClose(_fd);
        }

        _descriptor.Release();
        _descriptor.Dispose();
    }

    // An owner that is on another thread, such as after a fault while it resolved a name: timers and tables are the loop's alone. (A method of its own: the closure would be made at every close.)
    private bool PostClose(bool withReset) => _loop.Post(new LoopCall(() => Close(withReset)));

    /// <inheritdoc/>
    public override IPEndPoint? ReadRedirectedDestination()
    {
        if (_isClosed)
        {
            return null;
        }

        var result = Syscalls.GetOriginalDestination(_fd, _remote.AddressFamily == AddressFamily.InterNetworkV6, out var address);
        return result < 0 ? null : address.ToIPEndPoint();
    }

    private IPEndPoint ReadLocalEndPoint()
    {
        try
        {
            var fd = _descriptor.Hold();
            var result = Syscalls.GetSocketName(fd, out var address);
            _descriptor.Release();
            return result < 0 ? Unknown : address.ToIPEndPoint();
        }
        catch (ObjectDisposedException)
        {
            return Unknown;
        }
    }
}
