using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.AccessLogs;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// Makes one span for each sampled connection, when the connection has ended: a span that was open for the days of a database connection
/// would hold memory, and would be lost with the process. The attributes have the names of OpenTelemetry's semantic conventions, and
/// <c>gateway.*</c> for what these do not know.
/// </summary>
internal sealed class ConnectionSpans(TimeProvider time)
{
    private static readonly ActivitySource Source = new(TcpMeter.Name);

    private double _sampleRatio;

    /// <summary>The share of connections that have a span, 0 to 1. From any thread.</summary>
    public double SampleRatio
    {
        get => Volatile.Read(ref _sampleRatio);
        set => Volatile.Write(ref _sampleRatio, value);
    }

    /// <summary>The connection has ended.</summary>
    public void Ended(ConnectionRecord record, TimeSpan duration)
    {
        if (SampleRatio is > 0 and var ratio && Source.HasListeners() && ConnectionSample.Has(record.Id, ratio)
            && record.Outcome.Reason != CloseReason.HealthCheck)
        {
            Write(record, duration);
        }
    }

    private void Write(ConnectionRecord record, TimeSpan duration)
    {
        var end = time.GetUtcNow();
        var start = end - duration;
        var around = Activity.Current;
        // The thread's own activity, if it has one, is of something else.
        Activity.Current = null;
        try
        {
            using var span = Source.StartActivity(
                $"tcp {record.Route?.Name ?? record.ListenerName}", ActivityKind.Server, parentContext: default, startTime: start);
            if (span is { IsAllDataRequested: true })
            {
                Describe(span, record);
                AddEvents(span, record, start);
            }

            span?.SetEndTime(end.UtcDateTime);
        }
        finally
        {
            Activity.Current = around;
        }
    }

    private void AddEvents(Activity span, ConnectionRecord record, DateTimeOffset start)
    {
        if (record.ConnectedAt == 0)
        {
            return;
        }

        var connected = start + time.GetElapsedTime(record.AcceptedAt, record.ConnectedAt);
        span.AddEvent(new ActivityEvent("gateway.connected", connected));
        if (record.Client.Relay?.FirstBytes.ToClientAt is > 0 and var first)
        {
            span.AddEvent(new ActivityEvent("gateway.first_byte", start + time.GetElapsedTime(record.AcceptedAt, first)));
        }
    }

    private static void Describe(Activity span, ConnectionRecord record)
    {
        var identity = record.Identity;
        var client = identity?.Client ?? record.Peer;
        Name(span, "client", client);
        Name(span, "network.peer", record.Peer);
        span.SetTag("network.transport", "tcp");
        span.SetTag("network.type", client.AddressFamily == AddressFamily.InterNetwork ? "ipv4" : "ipv6");
        span.SetTag("gateway.connection.id", ConnectionIds.Of(record.Id));
        span.SetTag("gateway.listener", record.ListenerName);
        span.SetTag("gateway.reason", record.Outcome.Label);
        span.SetTag("gateway.received_bytes", record.BytesToBackend);
        span.SetTag("gateway.sent_bytes", record.BytesToClient);
        if (identity is not null)
        {
            Name(span, "server", identity.Local);
            span.SetTag("gateway.client.source", IdentityFields.Name(identity.Source));
            span.SetTag("tls.client.server_name", identity.Hello?.ServerName);
            span.SetTag("tls.protocol.version", identity.Tls?.Version);
            span.SetTag("tls.cipher", identity.Tls?.Cipher);
        }

        if (record.Route is { } route)
        {
            span.SetTag("gateway.route", route.Name);
            span.SetTag("gateway.cluster", route.Cluster.Name);
            span.SetTag("gateway.destination", record.Destination?.Name);
        }

        if (record.Backend is { } backend)
        {
            Name(span, "gateway.backend", backend.RemoteEndPoint);
        }

        if (AccessLog.IsFault(record.Outcome.Reason))
        {
            span.SetTag("error.type", record.Outcome.Label);
            span.SetStatus(ActivityStatusCode.Error, AccessLog.DetailOf(record));
        }
    }

    private static void Name(Activity span, string side, IPEndPoint endPoint)
    {
        span.SetTag(side + ".address", endPoint.Address.ToString());
        span.SetTag(side + ".port", endPoint.Port);
    }
}
