using Gateway.Http.Listeners;
using Gateway.Http.Requests;
using Gateway.Tcp;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Prologue;
using Gateway.Tcp.Status;
using Gateway.Tcp.Telemetry;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Http.Connections;

/// <summary>What every connection of a listener needs from the host.</summary>
internal sealed class HttpConnectionServices
{
    private readonly ClosedConnections? _closed;

    /// <summary>Makes the services, once for each host.</summary>
    /// <param name="time">The clock, for time limits.</param>
    /// <param name="limit">The limit on connections. When the limit is reached, a quiet HTTP connection may be closed to make room.</param>
    /// <param name="metrics">Counts what happens before HTTP starts.</param>
    /// <param name="accessLog">Logs connections that end before HTTP starts on them.</param>
    /// <param name="departures">Notices clients that leave.</param>
    /// <param name="warnings">Warns the operator of connections that are refused.</param>
    /// <param name="loggers">For connections that a policy would refuse, if the policy did not only observe.</param>
    /// <param name="tcp">Reads TCP options; null: no listener looks at any.</param>
    /// <param name="closed">Keeps the connections that ended last; null: nobody asks for them.</param>
    public HttpConnectionServices(
        TimeProvider time,
        ConnectionLimit limit,
        PrologueMetrics metrics,
        HttpAccessLog accessLog,
        DepartureWatch departures,
        OperatorWarnings warnings,
        ILoggerFactory loggers,
        TcpDataPlane? tcp = null,
        ClosedConnections? closed = null)
    {
        _closed = closed;
        (Time, Metrics, AccessLog, Departures, Warnings, Tcp) = (time, metrics, accessLog, departures, warnings, tcp);
        Live = new LiveConnections(time);
        Refusals = new RefusedConnections(limit, time);
        limit.Quiet.Watch(Live);
        Prologue = new ConnectionPrologue(PrologueRules.Http, metrics, Live, limit, loggers, time);
    }

    public TimeProvider Time { get; }

    /// <summary>The connections that listeners do not admit, and whose requests are answered with that.</summary>
    public RefusedConnections Refusals { get; }

    public PrologueMetrics Metrics { get; }

    public HttpAccessLog AccessLog { get; }

    public DepartureWatch Departures { get; }

    public OperatorWarnings Warnings { get; }

    public TcpDataPlane? Tcp { get; }

    /// <summary>The connections of clients. Those of Probes and Admin are not among them, because these have places of their own.</summary>
    public LiveConnections Live { get; }

    public ConnectionPrologue Prologue { get; }

    /// <summary>Counts and keeps a connection that has ended.</summary>
    public void Ended(HttpConnection connection)
    {
        CloseReason? reason = connection.IsAccounted ? connection.Outcome.Reason : null;
        if (_closed?.Count(reason) == true)
        {
            var duration = Time.GetElapsedTime(connection.AcceptedAt);
            var detail = connection.IsAccounted && connection.Outcome is { Detail: not "-" } outcome ? outcome.Detail : null;
            detail ??= connection.Requests.Failure ?? connection.WhyIdleEnd;
            _closed.Add(connection.Summarize(Time.GetUtcNow() - duration), reason, detail, duration);
        }
    }

    /// <summary>
    /// Finds the gateway's data for a connection, or makes it on the first call. Where the gateway accepts the connection itself, the first
    /// call comes before the server's first log line, so that the server's log lines have the gateway's connection id.
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
        context.Features.Set(connection.Requests);
        return connection;
    }
}
