using System.Diagnostics;
using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Tcp.Networks;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// The listening socket of one loop.
/// <para>
/// 1. The kernel chooses the socket of a new connection by a hash (SO_REUSEPORT), so one loop may have an accept queue while another loop
/// sleeps. Before a loop sleeps, it takes a connection from a busy loop's queue (docs/performance.md has the numbers).
/// 2. The socket is level-triggered, unlike the connections. Epoll reports connections that one batch left in the queue again, also after a
/// pause, so no code has to re-arm it.
/// </para>
/// </summary>
internal sealed class ListenSocket : IEpollTarget
{
    // One accept for this many events of a round, and at least one accept. A loop that accepts all waiting connections makes them wait for
    // each other, and pays for a last accept that only returns EAGAIN. Measured with 16 short connections at once: 3 to 5 % more
    // connections than with up to 64 accepts in a round.
    private const int EventsPerAccept = 16;

    // Long enough for a descriptor to become free, and short enough that the kernel's accept queue (4096) holds the connections that come
    // meanwhile.
    private const int PauseMilliseconds = 50;

    // The length of the kernel's accept queue (TcpListenOptions.Backlog, net.core.somaxconn).
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

    /// <summary>The sockets of the same listener on the other loops.</summary>
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
    /// Takes one connection that waits at a sibling whose loop is busy. Called on this socket's own loop, which is about to sleep.
    /// </summary>
    internal bool TryTakeFromSibling()
    {
        // This socket cannot watch another connection, because it still waits for an epoll watch for the last one.
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
        // The owner of a connection has thrown. HandOver has reset the connection, and this socket goes on.
    }

    /// <inheritdoc/>
    void IEpollTarget.OnLoopStopping() => Close();

    /// <summary>
    /// Hands over the connections in the accept queue, then closes. On the loop's thread, or on any thread once the loop has ended.
    /// </summary>
    internal void DrainAndClose()
    {
        if (!_isClosed && _onAccepted is not null && TryHandOverUnwatched())
        {
            // Not more than the kernel's accept queue holds, because new connections may come all the time.
            for (var left = MostQueued; left > 0 && TryAccept(); left--)
            {
            }
        }

        Close();
    }

    /// <summary>Closes without accepting. The kernel resets the connections in the accept queue.</summary>
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
            _loop.Unwatch(this, _fd);
        }

        _descriptor.Release();
        _descriptor.Dispose();
    }

    // Called on another loop's thread, so it touches only the descriptor, under its own reference. If descriptors run out, this socket's
    // own loop finds and reports that.
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

    /// <summary>Accepts one connection. False: there is nothing more to accept now.</summary>
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

        // A shortage, or another error that would come again at once (a denial by seccomp or a security module).
        Pause(Errno.ToSocketError(-result));
        return false;
    }

    // If the kernel has no watch left (fs.epoll.max_user_watches), it is tried again later, because the socket listens already and gets its
    // share of the clients.
    private void Watch()
    {
        var registration = _loop.Register(this, _fd, EpollEvents.In);
        _registration = Math.Max(0, registration);
        if (registration < 0)
        {
            Pause(Errno.ToSocketError(-registration));
        }
    }

    // Only this socket pauses; its connections wait in the kernel's accept queue. Shortage never throws on the event loop.
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
    /// Gives a connection to its owner. False: the kernel has no watch for it now. The connection is then kept until the end of the pause,
    /// because it cannot go back into the kernel's accept queue.
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
