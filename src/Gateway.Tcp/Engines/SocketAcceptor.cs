using System.Net.Sockets;

namespace Gateway.Tcp.Engines;

/// <summary>
/// Accepts from a managed socket, and pauses if the process or the system has no room for another connection. Without the pause, .NET's
/// accept would fail again at once, and the loop would occupy .NET's polling threads, which all sockets need.
/// </summary>
public sealed class SocketAcceptor
{
    /// <summary>
    /// Long enough for descriptors to become free, and short enough to be no outage. New connections wait in the kernel's accept queue.
    /// </summary>
    internal static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Func<CancellationToken, ValueTask<Socket>> _accept;
    private readonly Func<Socket, bool> _isRefused;
    private readonly Action<SocketError>? _onPause;
    private readonly Action? _onTurnedAway;
    private readonly TimeProvider _time;

    /// <summary>Accepts from a listening socket.</summary>
    /// <param name="socket">The socket; its owner disposes it.</param>
    /// <param name="mayUseReserve">Whether accepted connections may have the last descriptors (<see cref="DescriptorReserve"/>).</param>
    /// <param name="onPause">Called for each pause, with its cause.</param>
    /// <param name="onTurnedAway">Called for each connection that was closed because it had one of the last descriptors.</param>
    /// <param name="time">For pauses.</param>
    public SocketAcceptor(Socket socket, bool mayUseReserve, Action<SocketError>? onPause, Action? onTurnedAway, TimeProvider time)
        : this(socket.AcceptAsync, mayUseReserve ? static _ => false : DescriptorReserve.Holds, onPause, onTurnedAway, time)
    {
    }

    /// <summary>Accepts by calling <paramref name="accept"/>.</summary>
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

            // accept(2) reports the error of a connection that ended while it waited in the queue; this needs no pause. Any other error is
            // a shortage of descriptors or memory, or unknown. It must not end the loop, and must not make it spin.
            if (error is not (SocketError.ConnectionAborted or SocketError.ConnectionReset))
            {
                _onPause?.Invoke(error);
                await Task.Delay(Pause, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        return null;
    }
}
