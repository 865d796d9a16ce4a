using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Engines.Portable;

/// <summary>The engine over managed sockets, for every system that .NET runs on.</summary>
internal sealed class PortableTcpEngine(TimeProvider time, OwnListeners? ownListeners = null, Action<Exception>? onFault = null)
    : ITcpEngine
{
    private readonly ConcurrentDictionary<PortableTcpConnection, bool> _open = new();

    public TimeProvider Time => time;

    /// <summary>The listeners of this process, which must not be dialed.</summary>
    public OwnListeners OwnListeners { get; } = ownListeners ?? new OwnListeners();

    public string Name => "Portable";

    /// <summary>None, because managed sockets are polled by .NET's threads.</summary>
    public IReadOnlyList<EngineLoop> Loops => [];

    /// <summary>Null, because managed sockets cannot take part in a handshake.</summary>
    public ITcpOptions? Options => null;

    public ITcpEngineListener Bind(IPEndPoint endPoint, TcpListenOptions options)
    {
        if (options.Options != OptionCarriers.None)
        {
            throw new SocketException((int)SocketError.OperationNotSupported);
        }

        if (options.Inherited.Count > 0)
        {
            return Adopt(options);
        }

        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = options.DualMode;
            }

            SocketSettings.ApplyInterception(socket, options);
            SocketSettings.Tune(socket, options.Socket, options.UserTimeout);
            socket.Bind(endPoint);
            socket.Listen(options.Backlog);
            return Listen(socket, options);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Ends all open connections.</summary>
    public ValueTask DisposeAsync()
    {
        foreach (var connection in _open.Keys)
        {
            connection.Abort(CloseReason.Drain);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Reports an exception that the owner of a connection let escape (a bug). Other connections go on.</summary>
    internal void Report(Exception fault) => onFault?.Invoke(fault);

    internal void Opened(PortableTcpConnection connection) => _open.TryAdd(connection, true);

    internal void Closed(PortableTcpConnection connection) => _open.TryRemove(connection, out _);

    // One socket: further sockets are those of another engine's loops, which accept what waits in their queues before they close.
    private PortableListener Adopt(TcpListenOptions options)
    {
        var socket = options.Inherited[0].ToSocket();
        try
        {
            SocketSettings.ApplyInterception(socket, options);
            return Listen(socket, options);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private PortableListener Listen(Socket socket, TcpListenOptions options)
    {
        var acceptor = new SocketAcceptor(socket, mayUseReserve: false, options.OnAcceptError, options.OnTurnedAway, time);
        return new PortableListener(socket, acceptor, options, this);
    }
}
