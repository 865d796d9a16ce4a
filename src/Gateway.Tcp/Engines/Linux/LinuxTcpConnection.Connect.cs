using System.Diagnostics;
using System.Net.Sockets;
using Gateway.Linux;

namespace Gateway.Tcp.Engines.Linux;

/// <content>
/// Dialling. The client's connection owns the operation and its timer; the backend's (<see cref="_dialled"/>) is watched by the same loop and tells its
/// <see cref="_dialler"/> when it is connected or refused. No getsockopt on success: the events of a failed connect carry EPOLLERR or EPOLLHUP.
/// </content>
internal sealed partial class LinuxTcpConnection
{
    private LinuxTcpConnection? _dialled;
    private LinuxTcpConnection? _dialler;
    private LinuxRelay? _lastRelay;
    private ConnectFailure _dialFailure;

    /// <inheritdoc/>
    public override ValueTask<ConnectResult> ConnectAsync(ConnectRequest request)
    {
        Debug.Assert(_loop.IsCurrent || _loop.HasEnded, "on the loop's thread");
        if (IsUnusable || HasFailed)
        {
            // Failed: the client's RST came while nothing was pending, and no other edge will say so.
            return new ValueTask<ConnectResult>(new ConnectResult(null, ConnectFailure.Aborted, SocketError.OperationAborted));
        }

        var error = SocketDialler.TryStart(request, _loop, out var fd, out var isConnected, out var failure);
        if (error != 0)
        {
            return new ValueTask<ConnectResult>(new ConnectResult(null, failure, Errno.ToSocketError(error)));
        }

        var backend = new LinuxTcpConnection(_loop, fd, request.Destination, isConnected) { KeepAlive = request.KeepAlive };
        if (!backend.TryRegister())
        {
            backend.Close();
            return new ValueTask<ConnectResult>(new ConnectResult(null, ConnectFailure.Resources, SocketError.NoBufferSpaceAvailable));
        }

        if (isConnected && backend.IsConnectedToItself())
        {
            backend.Reset();
            return new ValueTask<ConnectResult>(new ConnectResult(null, ConnectFailure.Destination, SocketError.ConnectionRefused));
        }

        if (isConnected)
        {
            return new ValueTask<ConnectResult>(new ConnectResult(backend, ConnectFailure.None, SocketError.Success));
        }

        _dialled = backend;
        backend._dialler = this;
        Begin(Operation.Connect);
        ArmTimer(DueAfter(request.Timeout));
        return new ValueTask<ConnectResult>(this, _source.Version);
    }

    /// <inheritdoc/>
    public override RelayedBytes Relayed => Volatile.Read(ref _lastRelay)?.Relayed ?? default;

    /// <inheritdoc/>
    public override ValueTask<RelayResult> RelayAsync(TcpConnection backend, RelayOptions options, IFirstBytesGuard? guard = null)
    {
        var other = (LinuxTcpConnection)backend;
        Debug.Assert(_loop.IsCurrent || _loop.HasEnded, "on the loop's thread");
        Debug.Assert(ReferenceEquals(_loop, other._loop), "both sides on one loop");
        if (IsUnusable || other.IsUnusable)
        {
            Reset();
            other.Reset();
            var reason = AbortReason ?? other.AbortReason ?? (_loop.HasEnded ? RelayEnd.Drain : RelayEnd.Error);
            return new ValueTask<RelayResult>(new RelayResult(reason, 0, 0, SocketError.OperationAborted));
        }

        Begin(Operation.Relay);
        _lastRelay = new LinuxRelay(this, other, options, guard);
        _lastRelay.Start();
        return new ValueTask<RelayResult>(this, _source.Version);
    }

    /// <summary>The backend's first event: it is connected, or it has failed.</summary>
    private void OnDialled(bool hasFailed)
    {
        var backend = _dialled!;
        backend._dialler = null;
        if (!hasFailed && backend.IsConnectedToItself())
        {
            _dialled = null;
            backend.Reset();
            _dialFailure = ConnectFailure.Destination;
            Complete(SocketError.ConnectionRefused);
            return;
        }

        if (!hasFailed)
        {
            _dialFailure = ConnectFailure.None;
            Complete(SocketError.Success);
            return;
        }

        var errno = Syscalls.GetOption(backend._fd, SocketOption.Error);
        _dialled = null;
        backend.Close();
        var error = errno > 0 ? Errno.ToSocketError(errno) : SocketError.ConnectionReset;
        _dialFailure = ConnectFailures.OfConnect(error, isSourceBound: false);
        Complete(error);
    }

    private bool IsConnectedToItself() => LocalPorts.Holds(_remote.Port) && LocalEndPoint.Equals(_remote);

    private void CancelDial(ConnectFailure failure, SocketError error)
    {
        var backend = _dialled!;
        _dialled = null;
        backend._dialler = null;
        backend.Close();
        _dialFailure = failure;
        Complete(error);
    }

    private ConnectResult TakeDialled(SocketError error)
    {
        var backend = _dialled;
        _dialled = null;
        return new ConnectResult(backend, _dialFailure, error);
    }
}
