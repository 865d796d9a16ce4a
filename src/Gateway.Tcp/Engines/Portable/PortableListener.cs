using System.Net;
using System.Net.Sockets;

namespace Gateway.Tcp.Engines.Portable;

/// <summary>
/// An accept loop that nothing but <see cref="StopAsync"/> ends: a fault is reported, costs its connection at most, and the loop goes on.
/// </summary>
internal sealed class PortableListener(Socket socket, SocketAcceptor acceptor, TcpListenOptions options, PortableTcpEngine engine)
    : ITcpEngineListener
{
    private readonly CancellationTokenSource _stop = new();
    private Task _accepting = Task.CompletedTask;
    private int _stopped;

    public IPEndPoint LocalEndPoint { get; } = (IPEndPoint)socket.LocalEndPoint!;

    public void Start(Action<TcpConnection> onAccepted) => _accepting = Task.Run(() => AcceptAsync(onAccepted));

    public async ValueTask StopAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) == 0)
        {
            await _stop.CancelAsync();
        }

        await _accepting;
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
                // What the acceptor tells of pauses has thrown. Without a pause of its own such a fault could keep a processor busy.
                engine.Report(fault);
                await Task.Delay(SocketAcceptor.Pause, engine.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // What the kernel has completed is a connection to its peer, who may have sent already: closing the socket would reset it.
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
            // Some systems refuse options on a socket whose peer has already reset it. Anything else is a bug of ours.
            if (fault is not SocketException)
            {
                engine.Report(fault);
            }

            accepted.Close(0);
        }
    }
}
