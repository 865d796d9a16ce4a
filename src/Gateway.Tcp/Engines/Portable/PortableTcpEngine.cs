using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Relaying;

namespace Gateway.Tcp.Engines.Portable;

/// <summary>The engine over managed sockets: every system that .NET runs on.</summary>
internal sealed class PortableTcpEngine(TimeProvider time, OwnListeners? ownListeners = null, Action<Exception>? onFault = null)
    : ITcpEngine
{
    private readonly ConcurrentDictionary<PortableTcpConnection, bool> _open = new();

    public TimeProvider Time => time;

    /// <summary>Where connections may not get to.</summary>
    public OwnListeners OwnListeners { get; } = ownListeners ?? new OwnListeners();

    public string Name => "Portable";

    /// <summary>Managed sockets have no part in a handshake.</summary>
    public ITcpOptions? Options => null;

    public ITcpEngineListener Bind(IPEndPoint endPoint, TcpListenOptions options)
    {
        if (options.Options != OptionCarriers.None)
        {
            throw new SocketException((int)SocketError.OperationNotSupported);
        }

        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = options.DualMode;
            }

            SocketSettings.ApplyInterception(socket, options);
            socket.Bind(endPoint);
            socket.Listen(options.Backlog);
            var acceptor = new SocketAcceptor(socket, mayUseReserve: false, options.OnAcceptError, options.OnTurnedAway, time);
            return new PortableListener(socket, acceptor, options, this);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Ends what is still open.</summary>
    public ValueTask DisposeAsync()
    {
        foreach (var connection in _open.Keys)
        {
            connection.Abort(RelayEnd.Drain);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>An exception that the owner of a connection let escape (a bug): never the end of the other connections.</summary>
    internal void Report(Exception fault) => onFault?.Invoke(fault);

    internal void Opened(PortableTcpConnection connection) => _open.TryAdd(connection, true);

    internal void Closed(PortableTcpConnection connection) => _open.TryRemove(connection, out _);
}
