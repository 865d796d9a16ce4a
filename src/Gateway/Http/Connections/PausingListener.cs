using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Engines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Gateway.Http.Connections;

/// <summary>
/// Hands a bound socket's connections to Kestrel as its own socket transport would, but for one thing: that accepts again at once when no
/// descriptor is left, for as long as there is none, and takes the polling threads and 60 MB a second for it. It is the factory of one
/// listener, and the listener.
/// </summary>
/// <param name="socket">The bound socket.</param>
/// <param name="acceptor">Accepts from it.</param>
/// <param name="connections">Makes connections of accepted sockets.</param>
/// <param name="onAccepted">Sees each of them before Kestrel does.</param>
internal sealed class PausingListener(
    Socket socket,
    SocketAcceptor acceptor,
    SocketConnectionContextFactory connections,
    Action<ConnectionContext> onAccepted) : IConnectionListenerFactory, IConnectionListener
{
    private readonly CancellationTokenSource _unbound = new();

    /// <inheritdoc/>
    public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

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
                // Its peer has reset it already.
                accepted.Dispose();
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        await _unbound.CancelAsync();
        socket.Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await UnbindAsync();
        connections.Dispose();
    }
}
