using System.Net;
using System.Net.Sockets;
using Gateway.Linux;

namespace Gateway.Tcp.Engines.Portable;

/// <summary>
/// An accept loop that ends only by <see cref="StopAsync"/>. An exception is reported and costs one connection at most; the loop goes on.
/// </summary>
internal sealed class PortableListener(Socket socket, SocketAcceptor acceptor, TcpListenOptions options, PortableTcpEngine engine)
    : ITcpEngineListener
{
    private readonly CancellationTokenSource _stop = new();
    private Task _accepting = Task.CompletedTask;
    private int _stopped;
    private volatile bool _isShared = options.Inherited.Count > 0;

    public IPEndPoint LocalEndPoint { get; } = (IPEndPoint)socket.LocalEndPoint!;

    public void Start(Action<TcpConnection> onAccepted)
    {
        if (options.Inherited.Count > 0)
        {
            // Not before the start, because until then the socket serves another listener, which may stay.
            SocketSettings.TryTune(socket, options.Socket, options.UserTimeout ?? TimeSpan.Zero);
        }

        _accepting = Task.Run(() => AcceptAsync(onAccepted));
    }

    /// <inheritdoc/>
    public IReadOnlyList<ListeningDescriptor> Share()
    {
        if (!OperatingSystem.IsLinux() || ListeningDescriptor.Duplicate(socket) is not { } copy)
        {
            return [];
        }

        _isShared = true;
        return [copy];
    }

    public async ValueTask StopAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) == 0)
        {
            await _stop.CancelAsync();
        }

        await _accepting;
        if (_isShared)
        {
            EpollRegistrations.Remove(socket);
        }

        socket.Dispose();
    }

    public ValueTask DisposeAsync() => StopAsync();

    private async Task AcceptAsync(Action<TcpConnection> onAccepted)
    {
        while (await NextAsync() is { } accepted)
        {
            HandOver(accepted, onAccepted);
        }

        HandOverCompleted(onAccepted);
    }

    private async ValueTask<Socket?> NextAsync()
    {
        while (true)
        {
            try
            {
                return await acceptor.AcceptAsync(_stop.Token);
            }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                // A callback of the acceptor has thrown. The pause is here because otherwise repeated exceptions could keep a processor
                // busy.
                engine.Report(fault);
                await Task.Delay(SocketAcceptor.Pause, engine.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // For the peers, connections in the accept queue are established, and a peer may have sent already. Closing the listening socket would
    // reset these connections, so they are handed over first.
    private void HandOverCompleted(Action<TcpConnection> onAccepted)
    {
        try
        {
            socket.Blocking = false;
            while (true)
            {
                HandOver(socket.Accept(), onAccepted);
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // WouldBlock: the queue is empty.
        }
    }

    private void HandOver(Socket accepted, Action<TcpConnection> onAccepted)
    {
        try
        {
            SocketSettings.Apply(accepted, options.KeepAlive);
            onAccepted(new PortableTcpConnection(accepted, engine));
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // Some systems refuse options on a socket whose peer has already reset it. Any other exception is a bug of the gateway.
            if (fault is not SocketException)
            {
                engine.Report(fault);
            }

            accepted.Close(0);
        }
    }
}
