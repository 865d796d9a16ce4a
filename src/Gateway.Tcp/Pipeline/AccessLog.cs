using System.Net;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// Writes one line per connection, however the connection ended. The line of a health check that connects and closes has level Debug.
/// </summary>
internal sealed partial class AccessLog(ILoggerFactory loggers)
{
    /// <summary>The category of access-log lines.</summary>
    public const string Category = "Gateway.Access";

    private readonly ILogger _logger = loggers.CreateLogger(Category);

    public void Write(ConnectionRecord record, TimeSpan duration)
    {
        var level = record.Outcome.Reason == CloseReason.HealthCheck ? LogLevel.Debug : LogLevel.Information;
        if (!_logger.IsEnabled(level))
        {
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
            identity is null ? "-" : Name(identity.Source),
            record.Listener.Name,
            record.Route?.Name ?? "-",
            record.Route?.Cluster.Name ?? "-",
            record.Destination?.Name ?? "-",
            record.BytesToBackend,
            record.BytesToClient,
            Math.Round(duration.TotalMilliseconds, 3),
            record.Outcome.Label,
            LogText.Value(Detail(record)),
            ProxyTlvField.Describe(identity is null ? [] : identity.Tlvs.Span),
            ConnectionIds.Of(record.Id),
            TlsFields.Of(identity));
    }

    private static string Name(IdentitySource source) => source switch
    {
        IdentitySource.Socket => "Socket",
        IdentitySource.ProxyProtocolV1 => "ProxyProtocolV1",
        IdentitySource.ProxyProtocolV2 => "ProxyProtocolV2",
        _ => "Toa",
    };

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
            EventId = 2100,
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
