using System.Diagnostics;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;
using Gateway.Tcp.Relaying;

namespace Gateway.Tcp.Engines.Linux;

/// <content>
/// The one pending operation. The connection is the source of its own ValueTasks, so a wait allocates nothing; the continuation runs inline on
/// the loop's thread, whatever context the awaiting code brought along. Completing is always a method's last act: the continuation may
/// start the next operation, or close the connection, before the call returns.
/// </content>
internal sealed partial class LinuxTcpConnection :
    IValueTaskSource,
    IValueTaskSource<SocketError>,
    IValueTaskSource<IoResult>,
    IValueTaskSource<ConnectResult>,
    IValueTaskSource<RelayResult>
{
    private ManualResetValueTaskSourceCore<int> _source;
    private Operation _operation;
    private bool _mayEnter;

    private enum Operation : byte
    {
        None,
        Enter,
        WaitReadable,
        Send,
        Connect,
        Relay,
        WaitFor,
    }

    /// <inheritdoc/>
    public override ValueTask EnterAsync()
    {
        if (_loop.IsCurrent || _loop.HasEnded)
        {
            return ValueTask.CompletedTask;
        }

        // Another thread: nothing else is pending (one operation at a time), so the loop leaves these fields alone until it is posted to. That is once
        // the continuation is there: a loop that is faster than the caller's await would let the caller go on where it is.
        Begin(Operation.Enter);
        return new ValueTask(this, _source.Version);
    }

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        var isEntering = _operation == Operation.Enter;
        _source.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);
        if (isEntering)
        {
            Volatile.Write(ref _mayEnter, true);
            if (!_loop.Post(this))
            {
                // The loop has ended: any thread will do.
                _mayEnter = false;
                Complete(0);
            }
        }
    }

    /// <inheritdoc/>
    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    /// <inheritdoc/>
    SocketError IValueTaskSource<SocketError>.GetResult(short token) => (SocketError)_source.GetResult(token);

    /// <inheritdoc/>
    IoResult IValueTaskSource<IoResult>.GetResult(short token) => new(_sentBytes, (SocketError)_source.GetResult(token));

    /// <inheritdoc/>
    ConnectResult IValueTaskSource<ConnectResult>.GetResult(short token) => TakeDialed((SocketError)_source.GetResult(token));

    /// <inheritdoc/>
    RelayResult IValueTaskSource<RelayResult>.GetResult(short token)
    {
        _ = _source.GetResult(token);
        return _lastRelay!.Result;
    }

    private void Begin(Operation operation)
    {
        Debug.Assert(_operation == Operation.None, "one operation at a time");
        _source.Reset();
        Volatile.WriteBarrier();
        _operation = operation;
    }

    /// <summary>Ends the pending operation; the continuation runs before this returns.</summary>
    private void Complete(SocketError error)
    {
        Debug.Assert(_operation != Operation.None, "an operation is pending");
        _operation = Operation.None;
        ArmTimer(TimerNode.Never);
        _source.SetResult((int)error);
    }

    private void OnReadyForOperation()
    {
        switch (_operation)
        {
            case Operation.WaitReadable when IsReadable:
                Complete(SocketError.Success);
                break;
            case Operation.Send when IsWritable:
                ContinueSend();
                break;
            case Operation.WaitFor when HasFailed:
                EndWaitFor(SocketError.ConnectionReset);
                break;
            case Operation.Connect when HasFailed:
                // The client is gone: nobody is left to dial for. A mere FIN is not that; it may have said all that it has to say.
                CancelDial(ConnectFailure.Aborted, SocketError.ConnectionReset);
                break;
        }
    }

    private void OnOperationTimeout()
    {
        switch (_operation)
        {
            case Operation.WaitReadable or Operation.Send:
                Complete(SocketError.TimedOut);
                break;
            case Operation.Connect:
                CancelDial(ConnectFailure.Timeout, SocketError.TimedOut);
                break;
        }
    }

    private void AbortOperation()
    {
        switch (_operation)
        {
            case Operation.WaitReadable or Operation.Send:
                Complete(SocketError.OperationAborted);
                break;
            case Operation.WaitFor:
                EndWaitFor(SocketError.OperationAborted);
                break;
            case Operation.Connect:
                CancelDial(ConnectFailure.Aborted, SocketError.OperationAborted);
                break;
        }
    }
}
