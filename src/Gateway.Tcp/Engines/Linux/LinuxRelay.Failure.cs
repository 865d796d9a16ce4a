using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Engines.Linux;

/// <content>
/// The rest of a relay after one side was reset. Bytes that this side sent before the reset are still in the receive queue of its socket
/// (for example, the response of a server that answers early and closes). The queue of a dead socket does not grow. Bytes for the dead side
/// are dropped.
/// <list type="bullet">
/// <item>RST alone: the relay passes on what the other side takes at once, without a limit on bytes per second, and then sends RST to the
/// other side.</item>
/// <item>RST behind a FIN: the stream is complete. The relay passes it on in full, and then sends FIN. For a while it also reads and drops
/// the bytes that the other side still sends, because a close with unread bytes would send RST, and RST would remove the end of the stream
/// from the send queue.</item>
/// </list>
/// </content>
internal sealed partial class LinuxRelay
{
    // The same as nginx's lingering_time and lingering_timeout.
    private const int LongestLingerMilliseconds = 30_000;
    private const int LingerIdleMilliseconds = 5000;

    // The most reads in one turn, before other connections run.
    private const int ReadsPerLingerTurn = 16;

    private long _lingerUntil;
    private bool _hasFailed;
    private bool _failedIsClient;
    private bool _failedBehindFin;
    private bool _isLingering;

    private LinuxSocket Failed => _failedIsClient ? Client : Backend;

    private LinuxSocket Other => _failedIsClient ? Backend : Client;

    private void EndByReset(bool isClient, SocketError error)
    {
        _hasFailed = true;
        _failedIsClient = isClient;
        _error = error;

        // For a RST after a FIN the kernel reports EPIPE (tcp_reset in CLOSE_WAIT), for a RST alone ECONNRESET.
        _failedBehindFin = error == SocketError.Shutdown || (isClient ? _toBackend : _toClient).SourceEnded;
        Failed.AssumeReadable();
        (isClient ? ref _toClient : ref _toBackend).Release();
        GoOnAfterFailure();
    }

    private void GoOnAfterFailure()
    {
        if (_isLingering)
        {
            Linger();
            return;
        }

        ref var last = ref _failedIsClient ? ref _toBackend : ref _toClient;
        if (!_failedBehindFin)
        {
            last.Unlimit();
        }

        var before = last.Bytes;
        PumpResult result;
        do
        {
            result = last.Pump();
        }
        while (result == PumpResult.Again);
        if (last.Bytes != before)
        {
            _lastActivity = Client.Loop.Now;
        }

        if (!_failedBehindFin || result != PumpResult.Waiting)
        {
            Other.CloseWithReset();
            EndAfterFailure();
        }
        else if (last.IsDone)
        {
            BeginToLinger();
        }

        // Otherwise the other side is full. Its next event goes on here, and the relay's limits apply.
    }

    private void BeginToLinger()
    {
        if ((_failedIsClient ? _toClient : _toBackend).SourceEnded)
        {
            Other.CloseInOrder();
            EndAfterFailure();
            return;
        }

        _isLingering = true;
        _ = Other.ShutdownSend();
        _lastActivity = Client.Loop.Now;
        _lingerUntil = _lastActivity + LongestLingerMilliseconds;
        Linger();
        if (!_hasEnded)
        {
            Client.ArmTimer(_lastActivity + LingerIdleMilliseconds);
        }
    }

    private void Linger()
    {
        for (var left = ReadsPerLingerTurn; Other.IsReadable; left--)
        {
            if (left == 0)
            {
                if (!_isQueued)
                {
                    _isQueued = true;
                    Client.Loop.ContinueLater(this);
                }

                return;
            }

            var count = Other.Receive(Client.Loop.Buffer);
            if (count > 0)
            {
                _lastActivity = Client.Loop.Now;
            }
            else if (count != -Errno.EAGAIN)
            {
                Other.CloseInOrder();
                EndAfterFailure();
                return;
            }
        }
    }

    private void OnLingerTimer(long now)
    {
        var due = Math.Min(_lingerUntil, _lastActivity + LingerIdleMilliseconds);
        if (now < due)
        {
            Client.ArmTimer(due);
            return;
        }

        Other.CloseInOrder();
        EndAfterFailure();
    }

    private void EndAfterFailure()
    {
        Failed.CloseInOrder();
        End(_failedIsClient ? CloseReason.ClientReset : CloseReason.BackendReset, _error);
    }
}
