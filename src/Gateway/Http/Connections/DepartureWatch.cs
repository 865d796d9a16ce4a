using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Gateway.Http.Connections;

/// <summary>
/// Ends the connections of clients that have left while nobody reads from them. Kestrel learns of a FIN or RST by reading, and reads no
/// further while the backend does not take what a client sends: an upload that stalls would stay, with all that it holds, for as long as
/// the backend does. So the kernel is asked, connection by connection, every two seconds: what moves costs nothing for it.
/// </summary>
internal sealed class DepartureWatch : IDisposable
{
    /// <summary>The time between two looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<ConnectionContext, WatchedConnection> _connections = new();
    private readonly ITimer _timer;

    public DepartureWatch(TimeProvider time) =>
        _timer = time.CreateTimer(static watch => ((DepartureWatch)watch!).Look(), this, Interval, Interval);

    /// <summary>
    /// Runs a connection under watch. Not on other systems than Linux, where the kernel's answer looks different, and not without a socket.
    /// </summary>
    public Task RunAsync(ConnectionContext connection, Func<Task> run) =>
        OperatingSystem.IsLinux() && connection.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket
            ? RunAsync(connection, socket, run)
            : run();

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private async Task RunAsync(ConnectionContext connection, Socket socket, Func<Task> run)
    {
        _connections[connection] = new WatchedConnection(connection, socket);
        try
        {
            await run();
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
