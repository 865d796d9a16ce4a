using System.Net;
using Gateway.Http.Listeners;
using Gateway.Tcp.Admission;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Http.Connections;

/// <summary>
/// The connections of Probes, or those of Admin: few, out of the reserve of descriptors, so that they have room when traffic has taken
/// every place, and take none from anybody else. Each has seconds to its first byte; when there are too many, one that was quiet for long
/// gives way. They are counted as they are accepted: the server runs them later, and a flood may come between.
/// </summary>
internal sealed class ReservedConnections(HttpListenerState listener, int max, HttpConnectionServices services)
{
    /// <summary>How long a connection may be silent: probes and scrapers send at once.</summary>
    public static readonly TimeSpan FirstByteTimeout = TimeSpan.FromSeconds(5);

    private readonly QuietConnections _connections = new();

    /// <summary>Gives an accepted connection its place.</summary>
    public void Admit(ConnectionContext connection)
    {
        var place = _connections.Add(() => Refuse(connection, "gave_way"));
        connection.ConnectionClosed.UnsafeRegister(static place => ((QuietConnection)place!).Dispose(), place);
        // A PROXY header has a limit of its own.
        var limit = listener.Current.Http?.ProxyProtocol is null ? FirstByteTimeout : Timeout.InfiniteTimeSpan;
        var silence = services.Time.CreateTimer(_ => Refuse(connection, "silent"), null, limit, Timeout.InfiniteTimeSpan);
        connection.ConnectionClosed.UnsafeRegister(static timer => ((ITimer)timer!).Dispose(), silence);
        connection.Transport = new HeardReader(connection.Transport, () =>
        {
            silence.Dispose();
            place.Heard();
        });
        _connections.EndMoreThan(max);
    }

    private void Refuse(ConnectionContext connection, string reason)
    {
        if (connection.ConnectionClosed.IsCancellationRequested)
        {
            return;
        }

        services.Metrics.Rejected(listener.Current.Name, reason);
        services.AccessLog.WriteRejected((IPEndPoint)connection.RemoteEndPoint!, listener.Current.Name, reason, null);
        connection.Abort(new ConnectionAbortedException(reason));
    }
}
