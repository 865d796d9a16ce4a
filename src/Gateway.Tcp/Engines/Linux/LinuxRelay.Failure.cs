using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Tcp.Relaying;

namespace Gateway.Tcp.Engines.Linux;

/// <content>
/// What is left to do after one side was reset. What it had sent before is still in its receive queue, such as the response of a server
/// that answers early and closes; a dead socket's queue does not grow. What was to go to it has nowhere to go.
/// <list type="bullet">
/// <item>RST alone: what the other side takes at once, then RST to it.</item>
/// <item>RST behind a FIN: the stream is complete. It is passed on in full, then FIN; and what the other side is still sending is read and
/// dropped for a while, because a close with unread bytes would be a RST, and take the end of the stream with it out of the send
/// queue.</item>
/// </list>
/// </content>
internal sealed partial class LinuxRelay
{
    // As nginx's lingering_time and lingering_timeout.
    private const int LongestLingerMilliseconds = 30_000;
    private const int LingerIdleMilliseconds = 5000;

    // Dropped in one turn, before the others get theirs.
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

        // EPIPE is what the kernel says of a RST that came after a FIN (tcp_reset in CLOSE_WAIT); of a RST alone it says ECONNRESET.
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

        // Else the other side is full: its next event goes on here, and the relay's limits apply.
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
        End(_failedIsClient ? RelayEnd.ClientReset : RelayEnd.BackendReset, _error);
    }
}
