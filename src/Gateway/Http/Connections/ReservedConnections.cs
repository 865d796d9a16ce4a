using Gateway.Http.Listeners;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Telemetry;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Http.Connections;

/// <summary>
/// The connections of Probes, or those of Admin: few, out of the reserve of descriptors, so that they have room when traffic has taken
/// every place, and take none from anybody else. Each has seconds to its first byte; when there are too many, one that was quiet for long
/// gives way. They are counted as they are accepted: the server runs them later, and a flood may come between.
/// </summary>
internal sealed class ReservedConnections
{
    /// <summary>How long a connection may be silent: probes and scrapers send at once.</summary>
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

    /// <summary>Gives an accepted connection its place.</summary>
    public void Admit(ConnectionContext context)
    {
        var connection = _services.Of(context, _listener);
        connection.TakePlace();
        _live.Add(connection);
        // A PROXY header has a limit of its own.
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
