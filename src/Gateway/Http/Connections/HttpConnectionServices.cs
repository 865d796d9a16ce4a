using Gateway.Http.Listeners;
using Gateway.Http.Requests;
using Gateway.Tcp;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Prologue;
using Gateway.Tcp.Telemetry;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Http.Connections;

/// <summary>What every connection of a listener needs from the host.</summary>
internal sealed class HttpConnectionServices
{
    /// <summary>Makes them; once for a host.</summary>
    /// <param name="time">For limits.</param>
    /// <param name="limit">The cap on connections; those of HTTP may give way under it.</param>
    /// <param name="metrics">What is counted before HTTP starts.</param>
    /// <param name="accessLog">Tells of those that HTTP never starts on.</param>
    /// <param name="departures">Notices clients that leave.</param>
    /// <param name="warnings">Tells the operator of those that are refused.</param>
    /// <param name="tcp">Reads TCP options; null: no listener looks at any.</param>
    public HttpConnectionServices(
        TimeProvider time,
        ConnectionLimit limit,
        PrologueMetrics metrics,
        HttpAccessLog accessLog,
        DepartureWatch departures,
        OperatorWarnings warnings,
        TcpDataPlane? tcp = null)
    {
        (Time, Metrics, AccessLog, Departures, Warnings, Tcp) = (time, metrics, accessLog, departures, warnings, tcp);
        Live = new LiveConnections(time);
        limit.Quiet.Watch(Live);
        Prologue = new ConnectionPrologue(PrologueRules.Http, metrics, Live, limit, time);
    }

    public TimeProvider Time { get; }

    public PrologueMetrics Metrics { get; }

    public HttpAccessLog AccessLog { get; }

    public DepartureWatch Departures { get; }

    public OperatorWarnings Warnings { get; }

    public TcpDataPlane? Tcp { get; }

    /// <summary>Connections of clients. Those of Probes and Admin are elsewhere: they take no place from anybody.</summary>
    public LiveConnections Live { get; }

    public ConnectionPrologue Prologue { get; }

    /// <summary>
    /// What we know of a server's connection, from the first who asks on: where the server accepts by us, before its own first log line, so
    /// that those lines have our id.
    /// </summary>
    public HttpConnection Of(ConnectionContext context, HttpListenerState listener)
    {
        if (context.Features.Get<HttpConnection>() is { } known)
        {
            return known;
        }

        var number = ConnectionIds.NextNumber();
        context.ConnectionId = ConnectionIds.Of(number);
        var connection = new HttpConnection(context, listener.Current, number, this);
        context.Features.Set(connection);
        return connection;
    }
}
