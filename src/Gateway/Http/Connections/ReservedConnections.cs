using Gateway.Http.Listeners;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Telemetry;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Http.Connections;

/// <summary>
/// The few connections of Probes, or those of Admin. They use a reserve of descriptors, so that they have room when traffic has taken all
/// other places, and take none of these. Each connection must send its first byte within seconds. When there are too many connections, one
/// that has been quiet for long is closed. Connections are counted when they are accepted, because the server runs them later and a flood
/// may come in between.
/// </summary>
internal sealed class ReservedConnections
{
    /// <summary>How long a new connection may be silent. It is short, because probes and scrapers send at once.</summary>
    public static readonly TimeSpan FirstByteTimeout = TimeSpan.FromSeconds(5);

    private readonly HttpListenerState _listener;
    private readonly int _max;
    private readonly HttpConnectionServices _services;
    private readonly LiveConnections _live;
    private readonly QuietConnections _quiet;

    public ReservedConnections(HttpListenerState listener, int max, HttpConnectionServices services)
    {
        (_listener, _max, _services) = (listener, max, services);
        _live = new LiveConnections(services.Time);
        _quiet = new QuietConnections(services.Time);
        _quiet.Watch(_live);
    }

    /// <summary>Gives a place to an accepted connection.</summary>
    public void Admit(ConnectionContext context)
    {
        var connection = _services.Of(context, _listener);
        connection.TakePlace();
        _live.Add(connection);
        // With a ProxyProtocol section no timer is needed, because the PROXY header has its own time limit.
        var limit = connection.ProxyProtocol is null ? FirstByteTimeout : Timeout.InfiniteTimeSpan;
        var silence = _services.Time.CreateTimer(
            static connection => EndSilent((HttpConnection)connection!), connection, limit, Timeout.InfiniteTimeSpan);
        context.ConnectionClosed.UnsafeRegister(
            _ =>
            {
                silence.Dispose();
                connection.TryGiveUpPlace();
                _live.Remove(connection);
            },
            null);
        _quiet.EndMoreThan(_max);
    }

    private static void EndSilent(HttpConnection connection)
    {
        if (connection.IsSilent)
        {
            connection.Fail(CloseReason.Silent);
        }
    }
}
