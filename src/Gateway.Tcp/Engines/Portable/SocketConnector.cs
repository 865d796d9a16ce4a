using System.Net.Sockets;

namespace Gateway.Tcp.Engines.Portable;

/// <summary>
/// Opens connections as managed sockets, for HTTP destinations, health checks, the self-test and the portable engine. So all of them have
/// the same bind rules, refuse our own listeners and connections to themselves, and blame alike (<see cref="ConnectFailures"/>).
/// </summary>
/// <param name="ownListeners">The listeners of this process, which must not be dialed.</param>
/// <param name="time">For the time limit of an attempt.</param>
/// <param name="cancellation">Ends an attempt whose connection is not needed any more.</param>
public sealed class SocketConnector(OwnListeners ownListeners, TimeProvider time, CancellationToken cancellation) : IConnector
{
    /// <summary>Sets further options before the socket is bound and connected; null: no further options.</summary>
    public Action<Socket>? Prepare { get; init; }

    /// <inheritdoc/>
    int IConnector.BoundDevice => 0;

    /// <summary>Connects within the request's time limit. On success the caller owns the socket.</summary>
    /// <param name="request">The destination and the source.</param>
    /// <returns>The socket, or who is to blame for the failure; Aborted if the attempt was cancelled.</returns>
    public async ValueTask<ConnectResult> ConnectAsync(ConnectRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var limit = new CancellationTokenSource(request.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var result = await ConnectAsync(request, ownListeners, Prepare, either.Token);
        if (result.Socket is { } socket)
        {
            // NetworkStream takes blocking sockets only. Asynchronous calls work with both.
            socket.Blocking = true;
        }

        return result.Failure == ConnectFailure.Timeout && cancellation.IsCancellationRequested
            ? new ConnectResult(null, ConnectFailure.Aborted, SocketError.OperationAborted)
            : result;
    }

    /// <inheritdoc/>
    async ValueTask<SocketError> IConnector.WaitForAsync(Task task)
    {
        await task.WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return task.IsCompleted ? SocketError.Success : SocketError.OperationAborted;
    }

    /// <summary>Connects until <paramref name="limit"/> is cancelled; the result is Timeout then.</summary>
    internal static async ValueTask<ConnectResult> ConnectAsync(
        ConnectRequest request, OwnListeners ownListeners, Action<Socket>? prepare, CancellationToken limit)
    {
        if (!request.ClientOption.IsEmpty)
        {
            return new ConnectResult(null, ConnectFailure.Option, SocketError.OperationNotSupported);
        }

        Socket socket;
        try
        {
            socket = new Socket(request.Destination.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        }
        catch (SocketException error)
        {
            return new ConnectResult(null, ConnectFailures.OfSocket(error.SocketErrorCode), error.SocketErrorCode);
        }

        var (failure, reason) = (ConnectFailure.Aborted, SocketError.OperationAborted);
        try
        {
            (failure, reason) = await ConnectAsync(socket, request, ownListeners, prepare, limit);
        }
        finally
        {
            if (failure != ConnectFailure.None)
            {
                socket.Dispose();
            }
        }

        return new ConnectResult(null, failure, reason) { Socket = failure == ConnectFailure.None ? socket : null };
    }

    private static async ValueTask<(ConnectFailure Failure, SocketError Error)> ConnectAsync(
        Socket socket, ConnectRequest request, OwnListeners ownListeners, Action<Socket>? prepare, CancellationToken limit)
    {
        try
        {
            SocketSettings.Apply(socket, request.KeepAlive);
            SocketSettings.Tune(socket, request.Socket, request.UserTimeout);
            prepare?.Invoke(socket);
            if (SetUp(socket, request) is { Failure: not ConnectFailure.None } refused)
            {
                return refused;
            }

            if (ownListeners.Refuses(request.Destination, socket))
            {
                return (ConnectFailure.Self, SocketError.ConnectionRefused);
            }

            await socket.ConnectAsync(request.Destination, limit);
            return LocalPorts.IsSelf(socket)
                ? (ConnectFailure.Destination, SocketError.ConnectionRefused)
                : (ConnectFailure.None, SocketError.Success);
        }
        catch (OperationCanceledException)
        {
            return (ConnectFailure.Timeout, SocketError.TimedOut);
        }
        catch (SocketException error)
        {
            return (ConnectFailures.OfConnect(error.SocketErrorCode, request.TransparentSource is not null), error.SocketErrorCode);
        }
    }

    // Each step has its own meaning of errors, different from that of connect.
    private static (ConnectFailure Failure, SocketError Error) SetUp(Socket socket, ConnectRequest request)
    {
        var result = request.Mark == 0 ? default : SocketSettings.SetMark(socket, request.Mark);
        if (result.Failure == ConnectFailure.None && request.Device != 0)
        {
            result = SocketSettings.SetDevice(socket, request.Device);
        }

        return result.Failure == ConnectFailure.None && request.TransparentSource is { } source
            ? SocketSettings.BindTransparent(socket, source)
            : result;
    }
}
