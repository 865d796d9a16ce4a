using System.Collections.Concurrent;
using System.Net.Sockets;
using Gateway.Http.Messages;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Gateway.Http.Connections;

/// <summary>
/// Ends the connections of clients that have left while the server does not read from them. Kestrel notices a FIN or RST only when it
/// reads, and it stops reading while the backend does not take what the client sends. A stalled upload would then keep its memory and its
/// connection for as long as the backend does. So the gateway asks the kernel for the state of each connection every two seconds, which
/// costs nothing on the path of the data.
/// </summary>
internal sealed class DepartureWatch : IDisposable
{
    /// <summary>The time between two checks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<ConnectionContext, WatchedConnection> _connections = new();
    private readonly ITimer _timer;

    public DepartureWatch(TimeProvider time) =>
        _timer = time.CreateTimer(static watch => ((DepartureWatch)watch!).Look(), this, Interval, Interval);

    /// <summary>
    /// Runs a connection and watches it. The connection is not watched without a socket, or on a system other than Linux, because the
    /// kernel's answer has another format there.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="run">Runs it.</param>
    public Task RunAsync(ConnectionContext connection, ConnectionDelegate run) =>
        OperatingSystem.IsLinux() && connection.Features.Find<IConnectionSocketFeature>()?.Socket is { } socket
            ? RunAsync(connection, socket, run)
            : run(connection);

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private async Task RunAsync(ConnectionContext connection, Socket socket, ConnectionDelegate run)
    {
        _connections[connection] = new WatchedConnection(connection, socket);
        try
        {
            await run(connection);
        }
        finally
        {
            _connections.TryRemove(connection, out _);
        }
    }

    private void Look()
    {
        foreach (var (_, watched) in _connections)
        {
            watched.Look();
        }
    }
}
