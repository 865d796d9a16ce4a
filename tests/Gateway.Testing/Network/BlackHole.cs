using System.Net;
using System.Net.Sockets;

namespace Gateway.Testing.Network;

/// <summary>Accepts nothing and its queue is full: the kernel drops further SYNs, so that a connect gets no answer.</summary>
public sealed class BlackHole : IDisposable
{
    private readonly Socket _listener = New();
    private readonly List<Socket> _queued = [];

    /// <summary>Listens and fills the queue.</summary>
    /// <param name="endPoint">Where; null: on any port of 127.0.0.1.</param>
    public BlackHole(IPEndPoint? endPoint = null)
    {
        _listener.Bind(endPoint ?? new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(0);
        bool isConnected;
        do
        {
            var socket = New();
            socket.Blocking = false;
            _queued.Add(socket);
            try
            {
                socket.Connect(EndPoint);
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
            }

            // On loopback a handshake that succeeds is over by now, or it will not succeed.
            isConnected = socket.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectWrite);
        }
        while (isConnected && _queued.Count < 10);
    }

    /// <summary>Where nobody answers.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Dispose();
        _queued.ForEach(static socket => socket.Dispose());
    }

    private static Socket New() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
}
