using System.Net;
using System.Net.Sockets;

namespace Gateway.Tcp.Engines.Portable;

/// <summary>An accept loop that nothing but <see cref="StopAsync"/> ends.</summary>
internal sealed class PortableListener(Socket socket, TcpListenOptions options, PortableTcpEngine engine) : ITcpEngineListener
{
    private readonly SocketAcceptor _acceptor = new(socket, mayUseReserve: false, options.OnAcceptError, options.OnTurnedAway, engine.Time);
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
        while (await _acceptor.AcceptAsync(_stop.Token) is { } accepted)
        {
            HandOver(accepted, onAccepted);
        }

        HandOverCompleted(onAccepted);
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
        catch (SocketException)
        {
            // WouldBlock: the queue is empty.
        }
    }

    private void HandOver(Socket accepted, Action<TcpConnection> onAccepted)
    {
        PortableTcpConnection connection;
        try
        {
            SocketSettings.Apply(accepted, options.KeepAlive);
            connection = new PortableTcpConnection(accepted, engine);
        }
        catch (SocketException)
        {
            // Some systems refuse options on a socket whose peer has already reset it.
            accepted.Dispose();
            return;
        }

        onAccepted(connection);
    }
}
