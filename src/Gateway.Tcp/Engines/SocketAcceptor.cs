using System.Net.Sockets;

namespace Gateway.Tcp.Engines;

/// <summary>
/// Accepts from a managed socket, and pauses when the process or the system has no room for another connection: .NET's accept fails again
/// at once then, and a loop that tries again at once takes the polling threads from everybody.
/// </summary>
public sealed class SocketAcceptor
{
    /// <summary>
    /// Long enough for descriptors to come free, short enough to be no outage: what waits meanwhile stays in the kernel's queue.
    /// </summary>
    internal static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Func<CancellationToken, ValueTask<Socket>> _accept;
    private readonly Func<Socket, bool> _isRefused;
    private readonly Action<SocketError>? _onPause;
    private readonly Action? _onTurnedAway;
    private readonly TimeProvider _time;

    /// <summary>Accepts from a listening socket.</summary>
    /// <param name="socket">The socket; its owner disposes it.</param>
    /// <param name="mayUseReserve">Whether its connections may have the last descriptors (<see cref="DescriptorReserve"/>).</param>
    /// <param name="onPause">Told of each pause, and why.</param>
    /// <param name="onTurnedAway">Told of each connection that was closed, since it had one of the last descriptors.</param>
    /// <param name="time">For pauses.</param>
    public SocketAcceptor(Socket socket, bool mayUseReserve, Action<SocketError>? onPause, Action? onTurnedAway, TimeProvider time)
        : this(socket.AcceptAsync, mayUseReserve ? static _ => false : DescriptorReserve.Holds, onPause, onTurnedAway, time)
    {
    }

    /// <summary>Accepts as <paramref name="accept"/> does.</summary>
    internal SocketAcceptor(
        Func<CancellationToken, ValueTask<Socket>> accept,
        Func<Socket, bool> isRefused,
        Action<SocketError>? onPause,
        Action? onTurnedAway,
        TimeProvider time)
    {
        _accept = accept;
        _isRefused = isRefused;
        _onPause = onPause;
        _onTurnedAway = onTurnedAway;
        _time = time;
    }

    /// <summary>The next connection; null once <paramref name="stop"/> is cancelled or the listening socket is disposed.</summary>
    public async ValueTask<Socket?> AcceptAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            SocketError error;
            try
            {
                var accepted = await _accept(stop);
                if (!_isRefused(accepted))
                {
                    return accepted;
                }

                accepted.Dispose();
                _onTurnedAway?.Invoke();
                error = SocketError.TooManyOpenSockets;
            }
            catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException)
            {
                break;
            }
            catch (SocketException failed)
            {
                error = failed.SocketErrorCode;
            }

            if (error == SocketError.OperationAborted)
            {
                break;
            }

            // accept(2) reports a connection that ended while it waited in the queue. All else is want of descriptors or memory, or not
            // known: none may end the loop, and none may spin.
            if (error is not (SocketError.ConnectionAborted or SocketError.ConnectionReset))
            {
                _onPause?.Invoke(error);
                await Task.Delay(Pause, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        return null;
    }
}
