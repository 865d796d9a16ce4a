using System.Globalization;
using System.Net;
using Gateway.ProxyProtocol;
using Gateway.Tcp.AccessLogs;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// Writes one line per connection, however the connection ended, and start and interval lines if the rules ask for them. The line of a
/// health check that connects and closes has level Debug. While no fields are chosen, the line of an end is made without
/// <see cref="AccessLine"/>, because it costs less.
/// </summary>
internal sealed partial class AccessLog
{
    /// <summary>The category of access-log lines.</summary>
    public const string Category = "Gateway.Access";

    private const int EndId = 2100;
    private const int StartId = 2101;
    private const int IntervalId = 2102;

    private static readonly AccessField[] UsualFields =
    [
        AccessField.Of(AccessFieldKind.Client), AccessField.Of(AccessFieldKind.Peer), AccessField.Of(AccessFieldKind.Source),
        AccessField.Of(AccessFieldKind.Listener), AccessField.Of(AccessFieldKind.Route), AccessField.Of(AccessFieldKind.Cluster),
        AccessField.Of(AccessFieldKind.Destination), AccessField.Of(AccessFieldKind.Received), AccessField.Of(AccessFieldKind.Sent),
        AccessField.Of(AccessFieldKind.Duration), AccessField.Of(AccessFieldKind.Reason), AccessField.Of(AccessFieldKind.Detail),
        AccessField.Of(AccessFieldKind.Tlvs), AccessField.Of(AccessFieldKind.Id),
    ];

    private readonly ILogger _logger;
    private readonly AccessLogState _state;
    private readonly LiveConnections _live;
    private readonly TimeProvider _time;

    public AccessLog(ILoggerFactory loggers, AccessLogState state, LiveConnections live, TimeProvider time)
    {
        (_logger, _state, _live, _time) = (loggers.CreateLogger(Category), state, live, time);
        state.OnInterval(WriteIntervals);
    }

    /// <summary>The field <c>detail</c>.</summary>
    public static string DetailOf(ConnectionRecord record) => LogText.Value(Detail(record));

    /// <summary>The backend's connection is open.</summary>
    public void Connected(ConnectionRecord record)
    {
        var rules = _state.Rules;
        if (rules.NeedsBackendLocal)
        {
            record.BackendLocal = record.Backend!.LocalEndPoint;
        }

        if (rules.Start && _logger.IsEnabled(LogLevel.Information) && rules.Writes(record.ListenerName, record.Id))
        {
            Write(record, AccessEvent.Start, _time.GetElapsedTime(record.AcceptedAt), rules, LogLevel.Information);
        }
    }

    /// <summary>The connection has ended.</summary>
    public void Write(ConnectionRecord record, TimeSpan duration)
    {
        var level = record.Outcome.Reason == CloseReason.HealthCheck ? LogLevel.Debug : LogLevel.Information;
        if (!_logger.IsEnabled(level))
        {
            return;
        }

        var rules = _state.Rules;
        if (!rules.Writes(record.ListenerName, record.Id, IsFault(record.Outcome.Reason)))
        {
            return;
        }

        if (rules.TcpFields is not null)
        {
            Write(record, AccessEvent.End, duration, rules, level);
            return;
        }

        var identity = record.Identity;
        var peer = record.Client.RemoteEndPoint;
        Log.Connection(
            _logger,
            level,
            record.Id,
            identity?.Client ?? peer,
            peer,
            identity is null ? "-" : IdentityFields.Name(identity.Source),
            record.Listener.Name,
            record.Route?.Name ?? "-",
            record.Route?.Cluster.Name ?? "-",
            record.Destination?.Name ?? "-",
            record.BytesToBackend,
            record.BytesToClient,
            Math.Round(duration.TotalMilliseconds, 3),
            record.Outcome.Label,
            DetailOf(record),
            ProxyTlvField.Describe(identity is null ? [] : identity.Tlvs.Span),
            ConnectionIds.Of(record.Id),
            TlsFields.Of(identity));
    }

    /// <summary>Whether a connection was refused or failed. A sample may leave out all others.</summary>
    public static bool IsFault(CloseReason reason) => reason is not (CloseReason.ClientFin or CloseReason.BackendFin
        or CloseReason.ClientReset or CloseReason.IdleTimeout or CloseReason.MaxDuration or CloseReason.Drain or CloseReason.HealthCheck);

    // A connection that has just begun waits for the next turn of its part: its start, or an end that comes soon, says as much.
    private void WriteIntervals(int part)
    {
        var rules = _state.Rules;
        if (rules.Interval is not { } interval || !_logger.IsEnabled(LogLevel.Information))
        {
            return;
        }

        foreach (var connection in _live.Snapshot(part))
        {
            if (connection is ConnectionRecord { ConnectedAt: not 0 } record && rules.Writes(record.ListenerName, record.Id)
                && _time.GetElapsedTime(record.AcceptedAt) is var age && age >= interval / 2)
            {
                Write(record, AccessEvent.Interval, age, rules, LogLevel.Information);
            }
        }
    }

    private void Write(ConnectionRecord record, AccessEvent happened, TimeSpan duration, AccessLogRules rules, LogLevel level)
    {
        var fields = rules.TcpFields ?? [.. UsualFields, .. IdentityFields.TlsOf(record.Identity)];
        var id = happened switch
        {
            AccessEvent.Start => new EventId(StartId, "TcpConnectionStarted"),
            AccessEvent.Interval => new EventId(IntervalId, "TcpConnectionLives"),
            _ => new EventId(EndId, "TcpConnection"),
        };
        var line = AccessLine.Of(
            string.Create(CultureInfo.InvariantCulture, $"tcp {record.Id}"),
            happened,
            fields,
            new TcpAccessSource(record, happened, duration, _time));
        _logger.Log(level, id, line, null, AccessLine.Format);
    }

    private static string Detail(ConnectionRecord record) => record.Observed == IdentificationRefusal.None ? End(record)
        : End(record) is "-" ? $"Observed:{record.Observed}"
        : $"{End(record)},Observed:{record.Observed}";

    private static string End(ConnectionRecord record) =>
        record.Outcome is { Rule: null, Error: null } && record.Route?.Cluster.Original is not null
            ? $"to:{record.Identity!.Local}"
            : record.Outcome.Detail;

    private static partial class Log
    {
        [LoggerMessage(
            EventId = EndId,
            EventName = "TcpConnection",
            Message = "tcp {ConnectionId} client={Client} peer={Peer} source={Source} "
                + "listener={Listener} route={Route} cluster={Cluster} destination={Destination} received={BytesReceived} "
                + "sent={BytesSent} duration={DurationMs}ms "
                + "reason={Reason} detail={Detail} tlvs={Tlvs} id={UniqueId}{Tls}")]
        public static partial void Connection(
            ILogger logger,
            LogLevel level,
            long connectionId,
            IPEndPoint client,
            IPEndPoint peer,
            string source,
            string listener,
            string route,
            string cluster,
            string destination,
            long bytesReceived,
            long bytesSent,
            double durationMs,
            string reason,
            string detail,
            string tlvs,
            string uniqueId,
            string tls);
    }
}
