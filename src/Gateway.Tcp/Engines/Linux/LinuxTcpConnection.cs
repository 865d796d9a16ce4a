using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;
using Gateway.Linux;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// A connection of the Linux engine: the engine's operations over one <see cref="LinuxSocket"/>, accepted or dialed.
/// <list type="bullet">
/// <item>One operation is pending at a time. The connection is the source of its own ValueTasks, so a wait allocates nothing. The
/// continuation runs inline on the loop's thread, whatever the context of the awaiting code. Completing is always the last step of a
/// method, because the continuation may start the next operation, or close the connection, before the call returns.</item>
/// <item>Dialing: the client's connection has the operation and its timer, and owns the backend's socket until this socket is connected
/// (<see cref="LinuxDial"/> starts the dial). Success needs no getsockopt, because the events of a failed connect contain EPOLLERR or
/// EPOLLHUP.</item>
/// <item>Relaying: a <see cref="LinuxRelay"/> owns both sockets from then on. Layers over the connection (TLS) read and write at the same
/// time: <see cref="LinuxDuplex"/>.</item>
/// </list>
/// Memory of an idle relayed pair, objects only: 2 connections of about 140 bytes, 2 sockets of 80, the relay with its two directions about
/// 220, one timer node of 64 and the endpoints about 150. That is under 800 bytes, in 9 allocations over the life of a connection, and no
/// allocation per read, write, wait or timeout.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Close and Reset dispose of the socket: a connection has two ways to end.")]
internal sealed class LinuxTcpConnection :
    TcpConnection,
    ISocketOwner,
    IValueTaskSource<SocketError>,
    IValueTaskSource<IoResult>,
    IValueTaskSource<ConnectResult>,
    IValueTaskSource<RelayResult>
{
    private static readonly IPEndPoint Unknown = new(IPAddress.Any, 0);

    private readonly LinuxSocket _socket;
    private readonly IPEndPoint _remote;
    private IPEndPoint? _local;
    private LinuxTcpConnection? _dialed;
    private TaskEnd? _waitedFor;
    private LinuxDuplex? _duplex;
    private ReadOnlyMemory<byte> _unsent;
    private ManualResetValueTaskSourceCore<int> _source;
    private int _sentBytes;
    private Operation _operation;
    private ConnectFailure _dialFailure;

    /// <summary>Takes over a socket. The caller then calls <see cref="LinuxSocket.TryRegister"/>.</summary>
    internal LinuxTcpConnection(LinuxSocket socket, IPEndPoint remote)
    {
        _socket = socket;
        _remote = remote;
        socket.Owner = this;
    }

    private enum Operation : byte
    {
        None,
        WaitReadable,
        Send,
        Connect,
        Relay,
        WaitFor,
    }

    public override IPEndPoint RemoteEndPoint => _remote;

    public override IPEndPoint LocalEndPoint => _local ??= _socket.ReadLocalEndPoint() ?? Unknown;

    public override int BoundDevice => Math.Max(0, Syscalls.GetOption(_socket.Fd, SocketOption.BoundDevice));

    public override CloseReason? AbortReason => _socket.AbortReason;

    public override bool MayHaveBytes => _socket.IsReadable;

    public override bool SeesOptions => _socket.Loop.Toa is not null;

    internal LinuxSocket Socket => _socket;

    private EventLoop Loop => _socket.Loop;

    // Once, although a read and a write may be its first uses at the same time, on two threads.
    private LinuxDuplex Duplex =>
        Volatile.Read(ref _duplex) ?? Interlocked.CompareExchange(ref _duplex, new LinuxDuplex(_socket), null) ?? _duplex;

    public override IPEndPoint? ReadRedirectedDestination()
    {
        if (_socket.HasEnded)
        {
            return null;
        }

        var result = Syscalls.GetOriginalDestination(_socket.Fd, _remote.AddressFamily, out var address);
        return result < 0 ? null : address.ToIPEndPoint();
    }

    public override ValueTask EnterAsync() => Loop.EnterAsync();

    public override ValueTask<SocketError> WaitReadableAsync(TimeSpan timeout)
    {
        AssertOnLoop();
        if (_socket.IsUnusable)
        {
            return new ValueTask<SocketError>(SocketError.OperationAborted);
        }

        if (_socket.IsReadable)
        {
            return new ValueTask<SocketError>(SocketError.Success);
        }

        Begin(Operation.WaitReadable, timeout);
        return new ValueTask<SocketError>(this, _source.Version);
    }

    public override IoResult Receive(Span<byte> buffer)
    {
        if (_socket.IsUnusable)
        {
            return new IoResult(0, SocketError.OperationAborted);
        }

        var count = _socket.Receive(buffer);
        return count < 0 ? new IoResult(0, Errno.ToSocketError(-count)) : new IoResult(count, SocketError.Success);
    }

    public override int ReadOptions(OptionCarriers carrier, Span<byte> options) =>
        _socket.IsUnusable ? 0 : KeptOptions.Read(_socket.Fd, carrier, Loop.Toa, options);

    public override ValueTask<IoResult> SendAllAsync(ReadOnlyMemory<byte> data, TimeSpan timeout)
    {
        AssertOnLoop();
        _sentBytes = 0;
        if (_socket.IsUnusable)
        {
            return new ValueTask<IoResult>(new IoResult(0, SocketError.OperationAborted));
        }

        var error = SendSome(ref data);
        if (error != SocketError.WouldBlock)
        {
            return new ValueTask<IoResult>(new IoResult(_sentBytes, error));
        }

        _unsent = data;
        Begin(Operation.Send, timeout);
        return new ValueTask<IoResult>(this, _source.Version);
    }

    public override ValueTask<SocketError> WaitForAsync(Task task)
    {
        AssertOnLoop();
        if (_socket.IsUnusable || _socket.HasFailed)
        {
            return new ValueTask<SocketError>(_socket.IsUnusable ? SocketError.OperationAborted : SocketError.ConnectionReset);
        }

        if (task.IsCompleted)
        {
            return new ValueTask<SocketError>(SocketError.Success);
        }

        Begin(Operation.WaitFor);
        _waitedFor = new TaskEnd(this);
        task.GetAwaiter().UnsafeOnCompleted(_waitedFor.Post);
        return new ValueTask<SocketError>(this, _source.Version);
    }

    public override ValueTask<ConnectResult> ConnectAsync(ConnectRequest request)
    {
        AssertOnLoop();
        if (_socket.IsUnusable || _socket.HasFailed)
        {
            // HasFailed: the client's RST came while no operation was pending, and no other edge will report it.
            return new ValueTask<ConnectResult>(new ConnectResult(null, ConnectFailure.Aborted, SocketError.OperationAborted));
        }

        var begun = LinuxDial.Begin(request, Loop, out var isConnected);
        if (begun.Connection is not LinuxTcpConnection backend || isConnected)
        {
            return new ValueTask<ConnectResult>(begun);
        }

        _dialed = backend;
        backend._socket.Owner = this;
        Begin(Operation.Connect, request.Timeout);
        return new ValueTask<ConnectResult>(this, _source.Version);
    }

    internal override ValueTask<RelayResult> RelayAsync(RelaySide backend, RelayOptions options, IFirstBytesGuard? guard = null)
    {
        if (backend is not LinuxTcpConnection other)
        {
            return base.RelayAsync(backend, options, guard);
        }

        AssertOnLoop();
        Debug.Assert(ReferenceEquals(Loop, other.Loop), "both sides on one loop");
        if (_socket.IsUnusable || other._socket.IsUnusable)
        {
            Reset();
            other.Reset();
            var reason = AbortReason ?? other.AbortReason ?? (Loop.HasEnded ? CloseReason.Drain : CloseReason.Error);
            return new ValueTask<RelayResult>(new RelayResult(reason, 0, 0, SocketError.OperationAborted));
        }

        Begin(Operation.Relay);
        var relay = new LinuxRelay(this, _socket, other._socket, options, guard);
        Relay = relay;
        relay.Start();
        return new ValueTask<RelayResult>(this, _source.Version);
    }

    public override ValueTask<SocketError> AwaitBytesAsync() => Duplex.AwaitBytesAsync();

    public override ValueTask<IoResult> ReadAsync(Memory<byte> buffer) => Duplex.ReadAsync(buffer);

    public override ValueTask<IoResult> WriteAsync(ReadOnlyMemory<byte> data) => Duplex.WriteAsync(data);

    public override ValueTask<SocketError> ShutdownSendAsync() => Duplex.ShutdownSendAsync();

    public override ConnectionPipes? OpenPipes() => new LinuxPipes(this, _socket, Duplex);

    public override void Interrupt() => Duplex.Interrupt();

    public override void Abort(CloseReason reason) => _socket.Abort(reason);

    public override void Close() => Close(withReset: false);

    public override void Reset() => Close(withReset: true);

    void ISocketOwner.OnReady(LinuxSocket socket)
    {
        if (!ReferenceEquals(socket, _socket))
        {
            OnDialed(socket);
            return;
        }

        switch (_operation)
        {
            case Operation.WaitReadable when socket.IsReadable:
                Complete(SocketError.Success);
                break;
            case Operation.Send when socket.IsWritable:
                ContinueSend();
                break;
            case Operation.WaitFor when socket.HasFailed:
                EndWaitFor(SocketError.ConnectionReset);
                break;
            case Operation.Connect when socket.HasFailed:
                // The client has reset, so the dial is useless. A FIN alone does not end the dial, because the client may have sent its
                // complete request.
                CancelDial(ConnectFailure.Aborted, SocketError.ConnectionReset);
                break;
        }

        _duplex?.OnReady();
    }

    void ISocketOwner.OnTimer(LinuxSocket socket)
    {
        switch (_operation)
        {
            case Operation.WaitReadable or Operation.Send:
                Complete(SocketError.TimedOut);
                break;
            case Operation.Connect:
                CancelDial(ConnectFailure.Timeout, SocketError.TimedOut);
                break;
            default:
                _duplex?.OnTimer?.Invoke();
                break;
        }
    }

    void ISocketOwner.OnAborted(LinuxSocket socket, CloseReason reason)
    {
        if (!ReferenceEquals(socket, _socket))
        {
            // The abort of a dialed socket needs no action: at the end of the loop this connection ends too, and after a fault the time
            // limit of the dial ends the operation.
            return;
        }

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

        _duplex?.End();
    }

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);

    SocketError IValueTaskSource<SocketError>.GetResult(short token) => (SocketError)_source.GetResult(token);

    IoResult IValueTaskSource<IoResult>.GetResult(short token) => new(_sentBytes, (SocketError)_source.GetResult(token));

    ConnectResult IValueTaskSource<ConnectResult>.GetResult(short token)
    {
        var backend = _dialed;
        _dialed = null;
        return new ConnectResult(backend, _dialFailure, (SocketError)_source.GetResult(token));
    }

    RelayResult IValueTaskSource<RelayResult>.GetResult(short token)
    {
        _ = _source.GetResult(token);
        return ((LinuxRelay)Relay!).Result;
    }

    /// <summary>Whether the kernel has connected the socket to itself, because no server listens there: <see cref="LocalPorts"/>.</summary>
    internal bool IsConnectedToItself() => LocalPorts.Holds(_remote.Port) && LocalEndPoint.Equals(_remote);

    /// <summary>The relay calls this as its last step. Its result is ready.</summary>
    internal void CompleteRelay() => Complete(SocketError.Success);

    internal override bool HasOneThread => true;

    internal override bool HasReset => _socket.HasFailed;

    internal override void Report(Exception fault) => Loop.Report(fault);

    internal override ValueTask YieldAsync() => Loop.HopAsync();

    [Conditional("DEBUG")]
    private void AssertOnLoop() => Debug.Assert(Loop.IsCurrent || Loop.HasEnded, "on the loop's thread");

    private void Begin(Operation operation)
    {
        Debug.Assert(_operation == Operation.None, "one operation at a time");
        _source.Reset();
        Volatile.WriteBarrier();
        _operation = operation;
    }

    private void Begin(Operation operation, TimeSpan limit)
    {
        Begin(operation);
        _socket.ArmTimer(_socket.DueAfter(limit));
    }

    /// <summary>Ends the pending operation. The continuation runs before this method returns.</summary>
    private void Complete(SocketError error)
    {
        Debug.Assert(_operation != Operation.None, "an operation is pending");
        _operation = Operation.None;
        _socket.ArmTimer(TimerNode.Never);
        _source.SetResult((int)error);
    }

    private void ContinueSend()
    {
        var error = SendSome(ref _unsent);
        if (error != SocketError.WouldBlock)
        {
            _unsent = default;
            Complete(error);
        }
    }

    /// <summary>Sends as much as the kernel takes. WouldBlock: bytes are left; the next event with room continues.</summary>
    private SocketError SendSome(ref ReadOnlyMemory<byte> data)
    {
        while (!data.IsEmpty)
        {
            var count = _socket.Send(data.Span);
            if (count < 0)
            {
                return Errno.ToSocketError(-count);
            }

            _sentBytes += count;
            data = data[count..];
        }

        return SocketError.Success;
    }

    private void EndWaitFor(SocketError error)
    {
        _waitedFor = null;
        Complete(error);
    }

    /// <summary>The first event of the backend's socket: the connect has succeeded or failed.</summary>
    private void OnDialed(LinuxSocket socket)
    {
        var backend = _dialed!;
        socket.Owner = backend;
        if (socket.HasHungUp)
        {
            var error = socket.TakeError();
            FailDial(ConnectFailures.OfConnect(error, isSourceBound: false), error);
        }
        else if (backend.IsConnectedToItself())
        {
            socket.CloseWithReset();
            FailDial(ConnectFailure.Destination, SocketError.ConnectionRefused);
        }
        else
        {
            _dialFailure = ConnectFailure.None;
            Complete(SocketError.Success);
        }
    }

    private void CancelDial(ConnectFailure failure, SocketError error)
    {
        _dialed!._socket.Owner = _dialed;
        FailDial(failure, error);
    }

    private void FailDial(ConnectFailure failure, SocketError error)
    {
        _dialed!._socket.CloseInOrder();
        _dialed = null;
        _dialFailure = failure;
        Complete(error);
    }

    private void Close(bool withReset)
    {
        if (_socket.HasEnded || (!Loop.IsCurrent && PostClose(withReset)))
        {
            return;
        }

        Debug.Assert(_operation is Operation.None or Operation.Relay, "closed with an operation pending");
        if (withReset)
        {
            _socket.CloseWithReset();
        }
        else
        {
            _socket.CloseInOrder();
        }

        _duplex?.End();
    }

    // For a caller on another thread (for example, after a fault while it resolved a name), because only the loop may touch timers and
    // tables. (It is a method of its own, because otherwise each close would allocate the closure.)
    private bool PostClose(bool withReset) => Loop.Post(new LoopCall(() => Close(withReset)));

    /// <summary>
    /// The end of a foreign task that the connection waits for. It comes on any thread and is posted to the loop. By then the wait may have
    /// ended otherwise, and the next operation may have begun, so each wait has its own object.
    /// </summary>
    private sealed class TaskEnd(LinuxTcpConnection connection) : ILoopWork
    {
        // If the loop has ended, it has ended the wait too.
        public void Post() => _ = connection.Loop.Post(this);

        public void RunOnLoop()
        {
            if (ReferenceEquals(connection._waitedFor, this))
            {
                connection.EndWaitFor(SocketError.Success);
            }
        }
    }
}
