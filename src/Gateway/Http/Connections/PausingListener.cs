using System.Net;
using System.Net.Sockets;
using Gateway.Http.Transport;
using Gateway.Linux;
using Gateway.Tcp.Engines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Gateway.Http.Connections;

/// <summary>
/// Accepts from a bound socket and hands the connections to Kestrel. Kestrel's own socket transport does the same, but when no descriptor
/// is left it tries again without a pause, which keeps the polling threads busy and allocates 60 MB a second. The class is both the
/// listener and the factory that gives this listener to Kestrel.
/// </summary>
/// <param name="socket">The bound socket.</param>
/// <param name="acceptor">Accepts connections from the socket, and pauses when no descriptor is left.</param>
/// <param name="connections">Makes connections of accepted sockets.</param>
/// <param name="onAccepted">Called with each connection before Kestrel gets it.</param>
/// <param name="isShared">Whether other descriptors of the socket may be open.</param>
internal sealed class PausingListener(
    Socket socket,
    SocketAcceptor acceptor,
    SocketConnectionContextFactory connections,
    Action<ConnectionContext> onAccepted,
    bool isShared = false) : IHttpSocketListener
{
    private readonly CancellationTokenSource _unbound = new();
    private volatile bool _isShared = isShared;

    /// <inheritdoc/>
    public IPEndPoint LocalEndPoint { get; } = (IPEndPoint)socket.LocalEndPoint!;

    /// <inheritdoc/>
    EndPoint IConnectionListener.EndPoint => LocalEndPoint;

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

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await acceptor.AcceptAsync(_unbound.Token) is { } accepted)
        {
            try
            {
                accepted.NoDelay = true;
                var connection = connections.Create(accepted);
                onAccepted(connection);
                return connection;
            }
            catch (SocketException)
            {
                // The peer has reset the connection already.
                accepted.Dispose();
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        await _unbound.CancelAsync();
        if (_isShared)
        {
            EpollRegistrations.Remove(socket);
        }

        socket.Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await UnbindAsync();
        connections.Dispose();
    }
}
