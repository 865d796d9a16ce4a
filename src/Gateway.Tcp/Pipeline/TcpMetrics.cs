using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Prologue;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Routing;
using Gateway.Tcp.Telemetry;
using Gateway.Tcp.Tls;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// The instruments of the TCP data plane. Opened, active, closed and duration count routed connections. A connection that ends before it is
/// routed counts once in rejected. A check that connects and closes counts in health_checks (<see cref="PrologueMetrics"/>). Labels come
/// from the configuration, never from a peer.
/// </summary>
internal sealed partial class TcpMetrics
{
    // The buckets are wide, because connections live for milliseconds (a probe) or for days (a database pool).
    private static readonly InstrumentAdvice<double> LongDurations = new()
    {
        HistogramBucketBoundaries = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 14400, 86400],
    };

    private readonly Counter<long> _opened;
    private readonly Counter<long> _closed;
    private readonly UpDownCounter<long> _active;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _received;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _acceptErrors;
    private readonly UpDownCounter<long> _destinationActive;
    private readonly Histogram<double> _firstByte;
    private readonly TimeProvider _time;

    public TcpMetrics(IMeterFactory meters, PrologueMetrics? prologue = null, TlsMetrics? tls = null, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        Dials = new DialMetrics(meters);
        Prologue = prologue ?? new PrologueMetrics(meters);
        Tls = tls ?? new TlsMetrics(meters);
        var meter = meters.Create(TcpMeter.Name);
        _opened = meter.CreateCounter<long>("gateway.tcp.connection.opened", "{connection}", "Connections that were routed.");
        _closed = meter.CreateCounter<long>("gateway.tcp.connection.closed", "{connection}", "Routed connections that ended, by reason.");
        _active = meter.CreateUpDownCounter<long>(
            "gateway.tcp.connection.active",
            "{connection}",
            "Routed connections that have not ended.");
        _duration = meter.CreateHistogram("gateway.tcp.connection.duration", "s", "From accept to end.", null, LongDurations);
        _received = meter.CreateCounter<long>("gateway.tcp.received", "By", "Payload from clients.");
        _sent = meter.CreateCounter<long>("gateway.tcp.sent", "By", "Payload to clients.");
        _acceptErrors = meter.CreateCounter<long>(
            "gateway.tcp.accept.errors",
            "{error}",
            "Pauses in accepting: out of descriptors, memory or epoll watches.");
        _destinationActive = meter.CreateUpDownCounter<long>(
            "gateway.destination.connection.active",
            "{connection}",
            "Connections to a destination.");
        _firstByte = meter.CreateHistogram(
            "gateway.destination.first_byte.duration",
            "s",
            "From the first payload to a destination, or from the connect if it spoke first, until its first byte.",
            null,
            TcpMeter.ShortDurations);
    }

    /// <summary>The instruments of dials.</summary>
    public DialMetrics Dials { get; }

    /// <summary>The instruments for connections that are not routed yet; HTTP listeners share them.</summary>
    public PrologueMetrics Prologue { get; }

    /// <summary>The instruments of handshakes with clients; Https listeners share them.</summary>
    public TlsMetrics Tls { get; }

    public void Opened(RouteModel route, IPAddress client)
    {
        var tags = route.TagsFor(client);
        _opened.Add(1, tags);
        _active.Add(1, tags);
    }

    /// <summary>
    /// Counts connections that the kernel forwarded. They are neither active nor closed, because the gateway does not learn when they end.
    /// </summary>
    public void Forwarded(RouteModel route, AddressFamily family, long connections) =>
        _opened.Add(connections, family == AddressFamily.InterNetwork ? route.TagsV4 : route.TagsV6);

    public void Closed(ConnectionRecord record, TimeSpan duration)
    {
        var route = record.Route!;
        var tags = route.TagsFor(record.Identity!.Client.Address);
        tags.Add("reason", record.Outcome.Label);
        _closed.Add(1, tags);
        _duration.Record(duration.TotalSeconds, tags);
        Carried(record, new RelayedBytes(record.BytesToBackend, record.BytesToClient));
        if (record.Backend is not null)
        {
            _destinationActive.Add(-1, TcpMeter.Tag("cluster", route.Cluster.Name), TcpMeter.Tag("destination", record.Destination!.Name));
        }

        // Last, so that whoever sees it fall finds the rest counted.
        _active.Add(-1, route.TagsFor(record.Identity!.Client.Address));
    }

    /// <summary>
    /// Counts the bytes of <paramref name="total"/>, and the first byte, that are not counted yet. Called while the connection is alive,
    /// because connections live for days and their bytes must not all appear at the end. May be called from any thread.
    /// </summary>
    public void Carried(ConnectionRecord record, RelayedBytes total)
    {
        RelayedBytes news;
        TimeSpan? firstByte;
        lock (record)
        {
            firstByte = record.HasFirstByteCounted ? null : record.ReadFirstByte(_time);
            record.HasFirstByteCounted |= firstByte is not null;
            var counted = record.Counted;
            news = new RelayedBytes(Math.Max(0, total.ToBackend - counted.ToBackend), Math.Max(0, total.ToClient - counted.ToClient));
            record.Counted = new RelayedBytes(counted.ToBackend + news.ToBackend, counted.ToClient + news.ToClient);
        }

        if (firstByte is { } waited)
        {
            _firstByte.Record(
                waited.TotalSeconds,
                TcpMeter.Tag("cluster", record.Route!.Cluster.Name),
                TcpMeter.Tag("destination", record.Destination!.Name));
        }

        var route = TcpMeter.Tag("route", record.Route!.Name);
        if (news.ToBackend > 0)
        {
            _received.Add(news.ToBackend, route);
        }

        if (news.ToClient > 0)
        {
            _sent.Add(news.ToClient, route);
        }
    }

    public void AcceptPaused(string listener, SocketError error) =>
        _acceptErrors.Add(
            1,
            TcpMeter.Tag("listener", listener),
            TcpMeter.Tag("error.type", error == SocketError.TooManyOpenSockets ? "descriptors" : "other"));

    public void DestinationOpened(string cluster, string destination) =>
        _destinationActive.Add(1, TcpMeter.Tag("cluster", cluster), TcpMeter.Tag("destination", destination));

}
