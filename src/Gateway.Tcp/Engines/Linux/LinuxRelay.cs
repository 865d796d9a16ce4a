using System.Net.Sockets;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// The two directions of one relay, and the rules for its end. Each event of either socket runs both pumps (<see cref="RelayDirection"/>);
/// a pump that has nothing to do costs two flag tests. How a relay ends:
/// <list type="bullet">
/// <item>Both sources have ended and all bytes are sent: both sockets are closed. The close sends the last FIN.</item>
/// <item>One source has ended and all its bytes are sent (half-close): shutdown on the other side, and the other direction goes on.</item>
/// <item>A side was reset: bytes that it sent before are passed on as far as the other side takes them at once, and then the other side
/// gets RST. The reset is found by reading or by sending. If neither is due (the FIN was seen, or the other side is stalled), EPOLLERR
/// reports it.</item>
/// <item>A side was reset behind its FIN (it closed, and bytes of ours arrived after that): its stream is complete. The relay passes it on
/// in full, even if the other side is slow (within the relay's limits), and then sends FIN (<c>.Failure</c>).</item>
/// <item>A limit, an abort or a refusal: both sides get RST, so that no peer takes a cut stream for a complete stream.</item>
/// </list>
/// </summary>
internal sealed partial class LinuxRelay : IRelay, ISocketOwner
{
    // Keep-alive starts after this time. Most short connections have ended by then, which saves four syscalls each. The first probe is due
    // minutes later anyway.
    private const int KeepAliveDelayMilliseconds = 1000;

    private readonly LinuxTcpConnection _owner;
    private readonly RelayOptions _options;
    private readonly long _endsAt;
    private RelayDirection _toBackend;
    private RelayDirection _toClient;
    private long _lastActivity;
    private long _keepAliveAt;
    private long _toBackendAt;
    private long _toClientAt;
    private CloseReason _end;
    private CloseReason? _firstFin;
    private SocketError _error;
    private bool _isQueued;
    private bool _hasEnded;
    private bool _finPassedOn;

    /// <summary>Makes a relay that has not begun.</summary>
    /// <param name="owner">Is notified when the relay has ended.</param>
    /// <param name="client">The client's socket.</param>
    /// <param name="backend">The backend's socket, on the same loop.</param>
    /// <param name="options">Limits.</param>
    /// <param name="guard">Inspects the client's first bytes.</param>
    internal LinuxRelay(LinuxTcpConnection owner, LinuxSocket client, LinuxSocket backend, RelayOptions options, IFirstBytesGuard? guard)
    {
        _owner = owner;
        _options = options;
        _toBackend = new RelayDirection(client, backend, guard, options.BytesPerSecondToBackend);
        _toClient = new RelayDirection(backend, client, guard: null, options.BytesPerSecondToClient);
        _endsAt = options.ChooseDuration() is { } limit ? client.DueAfter(limit) : TimerNode.Never;
    }

    private LinuxSocket Client => _toBackend.Source;

    private LinuxSocket Backend => _toBackend.Destination;

    // When a direction goes on that waits for its limit on bytes per second.
    private long ResumeAt => Math.Min(_toBackend.ResumeAt, _toClient.ResumeAt);

    internal RelayResult Result => new(_end, _toBackend.Bytes, _toClient.Bytes, _error)
    {
        ByHalfClosedTimeout = _end == CloseReason.IdleTimeout && _options.IsHalfClosedTimeout(_firstFin is not null),
    };

    /// <summary>From any thread. The two numbers may be of different moments.</summary>
    public RelayedBytes Relayed => new(_toBackend.Bytes, _toClient.Bytes);

    /// <inheritdoc/>
    public FirstBytesRelayed FirstBytes => new(Volatile.Read(ref _toBackendAt), Volatile.Read(ref _toClientAt));

    /// <summary>Takes both sockets over. The relay may end within this call.</summary>
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
    void ISocketOwner.OnAborted(LinuxSocket socket, CloseReason reason) => EndByLimit(reason);

    /// <summary>Runs the next turn of a relay that had more to move than fits into one turn.</summary>
    internal void Continue()
    {
        _isQueued = false;
        if (!_hasEnded)
        {
            TurnSafely();
        }
    }

    /// <summary>The client's timer. It is not re-armed for each byte, so this method looks whether a limit is really due.</summary>
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
            EndByLimit(CloseReason.MaxDuration);
        }
        else if (now >= ResumeAt)
        {
            TurnSafely();
            if (!_hasEnded && !_isLingering)
            {
                Client.ArmTimer(NextDeadline());
            }
        }
        else if (now >= deadline)
        {
            EndByLimit(CloseReason.IdleTimeout);
        }
        else
        {
            Client.ArmTimer(deadline);
        }
    }

    /// <summary>Ends the relay for a reason of the gateway: RST to both sides.</summary>
    internal void EndByLimit(CloseReason reason)
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
        var idle = _options.LongestSilence(_firstFin is not null);
        var resumeAt = ResumeAt;

        // A relay that waits for its own limit is not idle.
        var isEndless = resumeAt != TimerNode.Never || idle < TimeSpan.Zero || idle >= TimeSpan.FromDays(365);
        var idleAt = isEndless ? TimerNode.Never : _lastActivity + (long)idle.TotalMilliseconds;
        return Math.Min(Math.Min(_keepAliveAt, resumeAt), Math.Min(idleAt, _endsAt));
    }

    private void TurnSafely()
    {
        try
        {
            Turn(clientFirst: true);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // A guard has thrown. (In a turn of an event, the loop catches the exception and does the same.)
            Client.Loop.Report(exception);
            EndByLimit(CloseReason.Error);
        }
    }

    private void Turn(bool clientFirst)
    {
        Move(clientFirst);
        if (ResumeAt is not TimerNode.Never and var resumeAt && !_hasEnded && !_isLingering)
        {
            Client.ArmTimer(resumeAt);
        }
    }

    private void Move(bool clientFirst)
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
            if (_toClientAt == 0)
            {
                NoteFirstBytes();
            }
        }

        if (EndsByFailure(toBackend, toClient))
        {
            return;
        }

        if (_toBackend.SourceEnded || _toClient.SourceEnded)
        {
            if (_firstFin is null)
            {
                // If both ended in one turn, the side with the event counts as the first.
                _firstFin = _toBackend.SourceEnded && (clientFirst || !_toClient.SourceEnded)
                    ? CloseReason.ClientFin
                    : CloseReason.BackendFin;
                if (_options.HalfClosedTimeout is not null)
                {
                    // The timer may be armed for the idle timeout, which is later.
                    _lastActivity = Client.Loop.Now;
                    Client.ArmTimer(NextDeadline());
                }
            }

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

    // Called until the first bytes to the client, so that later events cost one branch.
    private void NoteFirstBytes()
    {
        var now = _owner.Time.GetTimestamp();
        if (_toBackendAt == 0 && _toBackend.Bytes > 0)
        {
            _toBackendAt = now;
        }

        if (_toClient.Bytes > 0)
        {
            Volatile.Write(ref _toClientAt, now);
        }
    }

    private bool EndsByFailure(PumpResult toBackend, PumpResult toClient)
    {
        if (toBackend == PumpResult.Refused)
        {
            EndByLimit(CloseReason.UntrustedHeader);
        }
        else if (toBackend == PumpResult.SourceFailed || toClient == PumpResult.DestinationFailed)
        {
            EndByReset(isClient: true, toBackend == PumpResult.SourceFailed ? _toBackend.Error : _toClient.Error);
        }
        else if (toClient == PumpResult.SourceFailed || toBackend == PumpResult.DestinationFailed)
        {
            EndByReset(isClient: false, toClient == PumpResult.SourceFailed ? _toClient.Error : _toBackend.Error);
        }

        // If a side has failed, and its last bytes wait for the other side, this turn is over. The next events go on in GoOnAfterFailure.
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
    /// EPOLLERR came, but neither pump met the error: the failed side is not read any more (its FIN was seen), or reading waits for a full
    /// destination. Waiting longer helps only if another turn is due anyway.
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

    private void End(CloseReason end, SocketError error)
    {
        _hasEnded = true;
        _end = end;
        _error = error;
        _toBackend.Release();
        _toClient.Release();
        _owner.CompleteRelay();
    }
}
