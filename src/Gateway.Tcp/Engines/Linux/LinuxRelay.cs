using System.Net.Sockets;
using Gateway.Tcp.Relaying;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// The two directions of one relay, and when it ends. Each event of either socket turns both pumps (<see cref="RelayDirection"/>); a pump
/// that has nothing to do costs two flag tests. Ends:
/// <list type="bullet">
/// <item>Both sources have ended and all is sent: both sockets are closed, the last FIN by close.</item>
/// <item>One source has ended and all of it is sent: shutdown on the other side, and the other direction runs on.</item>
/// <item>A side was reset: what it had sent before is passed on as far as the other takes it at once, then RST to the other. Found by
/// reading, by sending, or, when neither is due (its FIN was seen, or the other side is stalled), by EPOLLERR.</item>
/// <item>A side was reset behind its FIN (it closed, and something of ours came after that): its stream is complete, and is passed on in
/// full, however long the other takes within the relay's limits, then FIN (<c>.Failure</c>).</item>
/// <item>A limit, an abort, a refusal: RST to both, so that nobody takes a cut stream for a complete one.</item>
/// </list>
/// </summary>
internal sealed partial class LinuxRelay : IRelay, ISocketOwner
{
    // Most short connections are over by then, and are spared four syscalls; the first probe is due minutes later.
    private const int KeepAliveDelayMilliseconds = 1000;

    private readonly LinuxTcpConnection _owner;
    private readonly RelayOptions _options;
    private readonly long _endsAt;
    private RelayDirection _toBackend;
    private RelayDirection _toClient;
    private long _lastActivity;
    private long _keepAliveAt;
    private RelayEnd _end;
    private RelayEnd? _firstFin;
    private SocketError _error;
    private bool _isQueued;
    private bool _hasEnded;
    private bool _finPassedOn;

    /// <summary>Makes a relay that has not begun.</summary>
    /// <param name="owner">Told when it has ended.</param>
    /// <param name="client">The client's socket.</param>
    /// <param name="backend">The backend's socket, on the same loop.</param>
    /// <param name="options">Limits.</param>
    /// <param name="guard">Looks at the client's first bytes.</param>
    internal LinuxRelay(LinuxTcpConnection owner, LinuxSocket client, LinuxSocket backend, RelayOptions options, IFirstBytesGuard? guard)
    {
        _owner = owner;
        _options = options;
        _toBackend = new RelayDirection(client, backend, guard);
        _toClient = new RelayDirection(backend, client, guard: null);
        _endsAt = options.MaxDuration is { } limit ? client.DueAfter(limit) : TimerNode.Never;
    }

    // The directions know their sockets.
    private LinuxSocket Client => _toBackend.Source;

    private LinuxSocket Backend => _toBackend.Destination;

    internal RelayResult Result => new(_end, _toBackend.Bytes, _toClient.Bytes, _error);

    /// <summary>From any thread: the two numbers are not of the same moment.</summary>
    public RelayedBytes Relayed => new(_toBackend.Bytes, _toClient.Bytes);

    /// <summary>Takes both sockets over; may end at once.</summary>
    internal void Start()
    {
        _lastActivity = Client.Loop.Now;
        _keepAliveAt = Backend.KeepAlive is null ? TimerNode.Never : _lastActivity + KeepAliveDelayMilliseconds;
        Client.Owner = this;
        Backend.Owner = this;
        Client.ArmTimer(NextDeadline());
        TurnSafely();
    }

    /// <inheritdoc/>
    void ISocketOwner.OnReady(LinuxSocket socket) => Turn(clientFirst: ReferenceEquals(socket, Client));

    /// <inheritdoc/>
    void ISocketOwner.OnAborted(LinuxSocket socket, RelayEnd reason) => EndByLimit(reason);

    /// <summary>The next turn of a relay that had more to move than fits into one.</summary>
    internal void Continue()
    {
        _isQueued = false;
        if (!_hasEnded)
        {
            TurnSafely();
        }
    }

    /// <summary>The client's timer: not re-armed per byte, so look whether it is really due.</summary>
    void ISocketOwner.OnTimer(LinuxSocket socket)
    {
        var now = socket.Loop.Now;
        if (_isLingering)
        {
            OnLingerTimer(now);
            return;
        }

        if (now >= _keepAliveAt)
        {
            SocketOptionSet.StartKeepAlive(Backend.Fd, Backend.KeepAlive!);
            _keepAliveAt = TimerNode.Never;
        }

        var deadline = NextDeadline();
        if (now >= _endsAt)
        {
            EndByLimit(RelayEnd.MaxDuration);
        }
        else if (now >= deadline)
        {
            EndByLimit(RelayEnd.IdleTimeout);
        }
        else
        {
            Client.ArmTimer(deadline);
        }
    }

    /// <summary>Ends it on our own account: RST to both.</summary>
    internal void EndByLimit(RelayEnd reason)
    {
        if (!_hasEnded)
        {
            Client.CloseWithReset();
            Backend.CloseWithReset();
            End(reason, SocketError.Success);
        }
    }

    private long NextDeadline()
    {
        var idle = _options.IdleTimeout;
        var isEndless = idle < TimeSpan.Zero || idle >= TimeSpan.FromDays(365);
        var idleAt = isEndless ? TimerNode.Never : _lastActivity + (long)idle.TotalMilliseconds;
        return Math.Min(_keepAliveAt, Math.Min(idleAt, _endsAt));
    }

    private void TurnSafely()
    {
        try
        {
            Turn(clientFirst: true);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // A guard that throws. (From an event's turn it gets to the loop, which does the same.)
            Client.Loop.Report(exception);
            EndByLimit(RelayEnd.Error);
        }
    }

    private void Turn(bool clientFirst)
    {
        if (_hasFailed)
        {
            GoOnAfterFailure();
            return;
        }

        var before = _toBackend.Bytes + _toClient.Bytes;
        PumpResult toBackend, toClient;
        if (clientFirst)
        {
            toBackend = _toBackend.Pump();
            toClient = _toClient.Pump();
        }
        else
        {
            toClient = _toClient.Pump();
            toBackend = _toBackend.Pump();
        }

        if (_toBackend.Bytes + _toClient.Bytes != before)
        {
            _lastActivity = Client.Loop.Now;
        }

        if (EndsByFailure(toBackend, toClient))
        {
            return;
        }

        if (_toBackend.SourceEnded || _toClient.SourceEnded)
        {
            // Both in one turn: whose event it was goes for the first.
            _firstFin ??= _toBackend.SourceEnded && (clientFirst || !_toClient.SourceEnded) ? RelayEnd.ClientFin : RelayEnd.BackendFin;
            if (EndsInOrder())
            {
                return;
            }
        }

        if (Client.HasFailed || Backend.HasFailed)
        {
            EndIfUnnoticed(toBackend, toClient);
        }
        else if ((toBackend == PumpResult.Again || toClient == PumpResult.Again) && !_isQueued)
        {
            _isQueued = true;
            Client.Loop.ContinueLater(this);
        }
    }

    private bool EndsByFailure(PumpResult toBackend, PumpResult toClient)
    {
        if (toBackend == PumpResult.Refused)
        {
            EndByLimit(RelayEnd.Refused);
        }
        else if (toBackend == PumpResult.SourceFailed || toClient == PumpResult.DestinationFailed)
        {
            EndByReset(isClient: true, toBackend == PumpResult.SourceFailed ? _toBackend.Error : _toClient.Error);
        }
        else if (toClient == PumpResult.SourceFailed || toBackend == PumpResult.DestinationFailed)
        {
            EndByReset(isClient: false, toClient == PumpResult.SourceFailed ? _toClient.Error : _toBackend.Error);
        }

        // A side that has failed and whose last bytes wait for the other one: this turn is over, and the next events go on there.
        return _hasEnded || _hasFailed;
    }

    private bool EndsInOrder()
    {
        if (_toBackend.IsDone && _toClient.IsDone)
        {
            Client.CloseInOrder();
            Backend.CloseInOrder();
            End(_firstFin!.Value, SocketError.Success);
            return true;
        }

        if (!_finPassedOn && (_toBackend.IsDone || _toClient.IsDone))
        {
            _finPassedOn = true;
            _ = (_toBackend.IsDone ? Backend : Client).ShutdownSend();
        }

        return false;
    }

    /// <summary>
    /// EPOLLERR, and neither pump met the error: nobody reads from the failed side any more (its FIN was seen), or reading waits for a
    /// destination that is full. Waiting longer could only help if the next turn comes by itself.
    /// </summary>
    private void EndIfUnnoticed(PumpResult toBackend, PumpResult toClient)
    {
        if (toBackend == PumpResult.Again || toClient == PumpResult.Again)
        {
            if (!_isQueued)
            {
                _isQueued = true;
                Client.Loop.ContinueLater(this);
            }

            return;
        }

        var isClient = Client.HasFailed;
        EndByReset(isClient, (isClient ? Client : Backend).TakeError());
    }

    private void End(RelayEnd end, SocketError error)
    {
        _hasEnded = true;
        _end = end;
        _error = error;
        _toBackend.Release();
        _toClient.Release();
        _owner.CompleteRelay();
    }
}
