using System.Net.Sockets;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// Opens connections on a loop without a client's connection: those of HTTP destinations, which serve many clients. To be used from any
/// thread, for one attempt at a time.
/// </summary>
/// <param name="loop">The loop that carries the connections.</param>
/// <param name="cancellation">Ends an attempt whose connection is not needed any more.</param>
internal sealed class LoopConnector(EventLoop loop, CancellationToken cancellation) : IConnector
{
    /// <inheritdoc/>
    public int BoundDevice => 0;

    /// <inheritdoc/>
    public async ValueTask<ConnectResult> ConnectAsync(ConnectRequest request)
    {
        await loop.EnterAsync();
        if (cancellation.IsCancellationRequested || loop.HasEnded)
        {
            return new ConnectResult(null, ConnectFailure.Aborted, SocketError.OperationAborted);
        }

        var begun = LinuxDial.Begin(request, loop, out var isConnected);
        if (begun.Connection is not LinuxTcpConnection backend || isConnected)
        {
            return begun;
        }

        var attempt = new Attempt(backend);
        backend.Socket.ArmTimer(backend.Socket.DueAfter(request.Timeout));
        using var cancelled = cancellation.UnsafeRegister(static attempt => ((Attempt)attempt!).PostCancellation(), attempt);
        return await attempt.Task;
    }

    /// <inheritdoc/>
    async ValueTask<SocketError> IConnector.WaitForAsync(Task task)
    {
        await task.WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return task.IsCompleted ? SocketError.Success : SocketError.OperationAborted;
    }

    /// <summary>One attempt. It owns the socket until the socket is connected. The continuation runs inline, on the loop.</summary>
    private sealed class Attempt : ISocketOwner, ILoopWork
    {
        private readonly TaskCompletionSource<ConnectResult> _result = new();
        private readonly LinuxTcpConnection _backend;

        internal Attempt(LinuxTcpConnection backend)
        {
            _backend = backend;
            backend.Socket.Owner = this;
        }

        internal Task<ConnectResult> Task => _result.Task;

        private LinuxSocket Socket => _backend.Socket;

        public void OnReady(LinuxSocket socket)
        {
            if (socket.HasHungUp)
            {
                var error = socket.TakeError();
                Fail(ConnectFailures.OfConnect(error, isSourceBound: false), error);
            }
            else if (_backend.IsConnectedToItself())
            {
                Fail(ConnectFailure.Destination, SocketError.ConnectionRefused);
            }
            else
            {
                Leave();
                _result.SetResult(new ConnectResult(_backend, ConnectFailure.None, SocketError.Success));
            }
        }

        public void OnTimer(LinuxSocket socket) => Fail(ConnectFailure.Timeout, SocketError.TimedOut);

        public void OnAborted(LinuxSocket socket, CloseReason reason) => Fail(ConnectFailure.Aborted, SocketError.OperationAborted);

        public void PostCancellation() => _ = Socket.Loop.Post(this);

        public void RunOnLoop()
        {
            if (ReferenceEquals(Socket.Owner, this))
            {
                Fail(ConnectFailure.Aborted, SocketError.OperationAborted);
            }
        }

        public void OnFault() => Socket.Abandon(CloseReason.Error);

        private void Leave()
        {
            Socket.Owner = _backend;
            Socket.ArmTimer(TimerNode.Never);
        }

        private void Fail(ConnectFailure failure, SocketError error)
        {
            Leave();
            Socket.CloseWithReset();
            _result.SetResult(new ConnectResult(null, failure, error));
        }
    }
}
