using System.Diagnostics;
using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Tcp.Networks;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// One loop's listening socket. Which of them gets a connection is chance (SO_REUSEPORT), so that one loop may have a queue while the other
/// sleeps: before it does, it takes one from there (docs/performance.md has the numbers). Level-triggered, unlike the connections: what one
/// batch leaves in the queue is reported again, also after a pause, so no re-arming can be forgotten.
/// </summary>
internal sealed class ListenSocket : IEpollTarget
{
    // One accept for so many events of a round, and at least one: a loop that takes all there are for itself keeps them waiting for each
    // other, and pays for an accept that only says EAGAIN. Measured with 16 short connections at once: 3 to 5 % more of them than with up
    // to 64 in a round.
    private const int EventsPerAccept = 16;

    // Long enough for a descriptor to come free, short enough that the kernel's queue (4096) holds what comes meanwhile.
    private const int PauseMilliseconds = 50;

    // The kernel's queue (TcpListenOptions.Backlog, net.core.somaxconn).
    private const int MostQueued = 4096;

    private readonly EventLoop _loop;
    private readonly FileDescriptor _descriptor;
    private readonly int _fd;
    private readonly TcpListenOptions _options;
    private readonly Func<int>? _fault;
    private readonly TimerNode _pause;
    private Action<TcpConnection>? _onAccepted;
    private LinuxTcpConnection? _unwatched;
    private int _registration;
    private bool _isClosed;
    private volatile bool _leavesSome;

    internal ListenSocket(EventLoop loop, FileDescriptor descriptor, TcpListenOptions options, Func<int>? fault)
    {
        _loop = loop;
        _descriptor = descriptor;
        _fd = descriptor.Hold();
        _options = options;
        _fault = fault;
        _pause = new TimerNode(static owner => ((ListenSocket)owner).Resume(), this);
    }

    /// <inheritdoc/>
    int IEpollTarget.Registration => _registration;

    internal EventLoop Loop => _loop;

    /// <summary>The same listener's sockets of the other loops.</summary>
    internal ListenSocket[] Siblings { get; set; } = [];

    /// <summary>Starts to accept; on the loop's thread.</summary>
    internal void Start(Action<TcpConnection> onAccepted)
    {
        Debug.Assert(_loop.IsCurrent, "on the loop's thread");
        if (_isClosed)
        {
            return;
        }

        _onAccepted = onAccepted;
        _loop.Listening.Add(this);
        Watch();
    }

    /// <inheritdoc/>
    public void OnEvents(EpollEvents events)
    {
        var left = 1 + (_loop.EventsInRound / EventsPerAccept);
        while (left > 0 && TryAccept())
        {
            left--;
        }

        _leavesSome = left == 0;
    }

    /// <summary>
    /// Takes one connection that waits at a sibling whose loop is busy; on this socket's own loop, which is about to sleep.
    /// </summary>
    internal bool TryTakeFromSibling()
    {
        // One that waits for a watch of its own is no help to others.
        if (_isClosed || _unwatched is not null)
        {
            return false;
        }

        foreach (var sibling in Siblings)
        {
            if (sibling._leavesSome && sibling.TryAcceptFor(this))
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    void IEpollTarget.OnFault()
    {
        // The connection's owner threw; the connection was reset where that happened, and listening goes on.
    }

    /// <inheritdoc/>
    void IEpollTarget.OnLoopStopping() => Close();

    /// <summary>Hands over what the kernel has completed, then closes; on the loop's thread, or on any once the loop has ended.</summary>
    internal void DrainAndClose()
    {
        if (!_isClosed && _onAccepted is not null && TryHandOverUnwatched())
        {
            // As many as the kernel's queue holds, and not those that come while we are at it.
            for (var left = MostQueued; left > 0 && TryAccept(); left--)
            {
            }
        }

        Close();
    }

    /// <summary>Closes without accepting: nobody was ever told of these connections.</summary>
    internal void Close()
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        _unwatched?.Reset();
        _loop.Timers.Remove(_pause);
        _ = _loop.Listening.Remove(this);
        if (_registration != 0)
        {
            _loop.Forget(this, _fd);
        }

        _descriptor.Release();
        _descriptor.Dispose();
    }

    // On another loop's thread: nothing but the descriptor is touched, under a reference of its own. Exhaustion is for this socket's own
    // loop to find and to report.
    private bool TryAcceptFor(ListenSocket other)
    {
        _leavesSome = false;
        SockAddr peer;
        int result;
        try
        {
            result = AcceptOne(_descriptor.Hold(), out peer);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }

        _descriptor.Release();
        return result >= 0 && other.HandOver(ConnectionOf(other._loop, result, peer));
    }

    private int AcceptOne(int listening, out SockAddr peer)
    {
        var result = Syscalls.Accept(listening, out peer);
        if (result < 0 || !DescriptorReserve.Holds(result))
        {
            return result;
        }

        new FileDescriptor(result).Dispose();
        _options.OnTurnedAway?.Invoke();
        return -Errno.EMFILE;
    }

    /// <summary>False when there is nothing more to accept now.</summary>
    private bool TryAccept()
    {
        SockAddr peer = default;
        var result = _fault?.Invoke() is { } errno and > 0 ? -errno : AcceptOne(_fd, out peer);
        if (result >= 0)
        {
            return HandOver(ConnectionOf(_loop, result, peer));
        }

        if (result == -Errno.EAGAIN)
        {
            return false;
        }

        if (Errno.IsOfOneConnection(-result))
        {
            return true;
        }

        // Exhaustion, and whatever else would come again at once (a denial by seccomp or a security module).
        Pause(Errno.ToSocketError(-result));
        return false;
    }

    // No watch to be had (fs.epoll.max_user_watches): the socket listens already and has its share of the clients, so it is tried again.
    private void Watch()
    {
        var registration = _loop.Register(this, _fd, EpollEvents.In);
        _registration = Math.Max(0, registration);
        if (registration < 0)
        {
            Pause(Errno.ToSocketError(-registration));
        }
    }

    // Only this listener pauses; its connections wait in the kernel. The caller of the event loop is never told by an exception.
    private void Pause(SocketError error)
    {
        _options.OnAcceptError?.Invoke(error);
        if (_registration != 0)
        {
            _loop.Modify(_fd, _registration, EpollEvents.None);
        }

        _loop.Timers.Arm(_pause, _loop.Now + PauseMilliseconds);
    }

    private static LinuxTcpConnection ConnectionOf(EventLoop loop, int accepted, in SockAddr peer) =>
        new(new LinuxSocket(loop, accepted, isConnected: true), PeerEndPoint.Of(peer.ToIPEndPoint()));

    /// <summary>
    /// False if the kernel has no watch for it now: it is kept for the end of the pause, as there is no way back into the kernel's queue.
    /// </summary>
    private bool HandOver(LinuxTcpConnection connection)
    {
        if (!connection.Socket.TryRegister())
        {
            _unwatched = connection;
            Pause(SocketError.NoBufferSpaceAvailable);
            return false;
        }

        try
        {
            _onAccepted!(connection);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            _loop.Report(exception);
            connection.Reset();
        }

        return true;
    }

    private void Resume()
    {
        if (_isClosed)
        {
            return;
        }

        if (_registration == 0)
        {
            Watch();
        }
        else if (TryHandOverUnwatched())
        {
            _loop.Modify(_fd, _registration, EpollEvents.In);
        }
    }

    private bool TryHandOverUnwatched()
    {
        if (_unwatched is not { } connection)
        {
            return true;
        }

        _unwatched = null;
        return HandOver(connection);
    }
}
