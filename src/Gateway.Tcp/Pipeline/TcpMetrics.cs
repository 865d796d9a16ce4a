using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Prologue;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Routing;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// The instruments of the TCP data plane. Opened, active, closed and duration are of routed connections; one that ends earlier counts once in rejected;
/// a check that connects and closes counts in health_checks alone (<see cref="PrologueMetrics"/>). Labels come from configuration, never from a peer.
/// </summary>
internal sealed partial class TcpMetrics : IDialObserver
{
    // Connections live for milliseconds (a probe) or for days (a database pool).
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
    private readonly Histogram<double> _connectDuration;
    private readonly Counter<long> _connectRetries;
    private readonly Counter<long> _headersSent;
    private readonly Counter<long> _tlvsLeftOut;
    private readonly Counter<long> _transparent;
    private readonly Counter<long> _toa;

    public TcpMetrics(IMeterFactory meters, PrologueMetrics? prologue = null)
    {
        Prologue = prologue ?? new PrologueMetrics(meters);
        var meter = meters.Create(TcpMeter.Name);
        _opened = meter.CreateCounter<long>("gateway.tcp.connection.opened", "{connection}", "Connections that were routed.");
        _closed = meter.CreateCounter<long>("gateway.tcp.connection.closed", "{connection}", "Routed connections that ended, by reason.");
        _active = meter.CreateUpDownCounter<long>("gateway.tcp.connection.active", "{connection}", "Routed connections that have not ended.");
        _duration = meter.CreateHistogram("gateway.tcp.connection.duration", "s", "From accept to end.", null, LongDurations);
        _received = meter.CreateCounter<long>("gateway.tcp.received", "By", "Payload from clients.");
        _sent = meter.CreateCounter<long>("gateway.tcp.sent", "By", "Payload to clients.");
        _acceptErrors = meter.CreateCounter<long>("gateway.tcp.accept.errors", "{error}", "Pauses in accepting: out of descriptors, memory or epoll watches.");
        _destinationActive = meter.CreateUpDownCounter<long>("gateway.destination.connection.active", "{connection}", "Connections to a destination.");
        _connectDuration = meter.CreateHistogram("gateway.destination.connect.duration", "s", "Connect attempts.", null, TcpMeter.ShortDurations);
        _connectRetries = meter.CreateCounter<long>("gateway.destination.connect.retries", "{attempt}", "Second and later attempts for one client.");
        _headersSent = meter.CreateCounter<long>("gateway.proxy_protocol.sent", "{header}", "PROXY headers to backends.");
        _tlvsLeftOut = meter.CreateCounter<long>("gateway.proxy_protocol.tlvs_left_out", "{tlv}", "TLVs that were not passed on, since the header would be too long.");
        _transparent = meter.CreateCounter<long>("gateway.transparent.connect", "{attempt}", "Connect attempts from a client's address.");
        _toa = meter.CreateCounter<long>("gateway.toa.connect", "{attempt}", "Connect attempts with the client's address in a TCP option.");
    }

    /// <summary>What is counted before a connection is routed; HTTP listeners share it.</summary>
    public PrologueMetrics Prologue { get; }

    public void Opened(RouteModel route, IPAddress client)
    {
        var tags = route.TagsFor(client);
        _opened.Add(1, tags);
        _active.Add(1, tags);
    }

    /// <summary>Connections that the kernel forwarded: nobody is told when they end, so they are neither active nor closed.</summary>
    public void Forwarded(RouteModel route, AddressFamily family, long connections) => _opened.Add(connections, family == AddressFamily.InterNetwork ? route.TagsV4 : route.TagsV6);

    public void Closed(ConnectionRecord record, TimeSpan duration)
    {
        var route = record.Route!;
        var tags = route.TagsFor(record.Identity!.Client.Address);
        _active.Add(-1, tags);
        tags.Add("reason", record.Outcome.Label);
        _closed.Add(1, tags);
        _duration.Record(duration.TotalSeconds, tags);
        Carried(record, new RelayedBytes(record.BytesToBackend, record.BytesToClient));
        if (record.Backend is not null)
        {
            _destinationActive.Add(-1, TcpMeter.Tag("cluster", route.Cluster.Name), TcpMeter.Tag("destination", record.Destination!.Name));
        }
    }

    /// <summary>Counts what is new in <paramref name="total"/>: connections live for days, and their bytes are not to show up on the last of them. Safe from any thread.</summary>
    public void Carried(ConnectionRecord record, RelayedBytes total)
    {
        RelayedBytes news;
        lock (record)
        {
            var counted = record.Counted;
            news = new RelayedBytes(Math.Max(0, total.ToBackend - counted.ToBackend), Math.Max(0, total.ToClient - counted.ToClient));
            record.Counted = new RelayedBytes(counted.ToBackend + news.ToBackend, counted.ToClient + news.ToClient);
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
        _acceptErrors.Add(1, TcpMeter.Tag("listener", listener), TcpMeter.Tag("error.type", error == SocketError.TooManyOpenSockets ? "descriptors" : "other"));

    public void DestinationOpened(string cluster, string destination) =>
        _destinationActive.Add(1, TcpMeter.Tag("cluster", cluster), TcpMeter.Tag("destination", destination));

    public void HeaderSent(string cluster, ProxyProtocolVersion version) =>
        _headersSent.Add(1, TcpMeter.Tag("cluster", cluster), TcpMeter.Tag("version", Name(version)));

    public void TlvsLeftOut(string cluster, int count)
    {
        if (count > 0)
        {
            _tlvsLeftOut.Add(count, TcpMeter.Tag("cluster", cluster));
        }
    }

    public void Attempted(string cluster, string destination, SourceIpMode mode, ConnectFailure failure, SocketError error, TimeSpan duration)
    {
        if (CounterOf(mode) is { } counter)
        {
            Count(counter, cluster, failure, error);
        }

        // What we could not bind or write, and whom the client left, says nothing about the destination.
        if (failure is ConnectFailure.Bind or ConnectFailure.Option or ConnectFailure.Permission or ConnectFailure.Aborted)
        {
            return;
        }

        if (failure == ConnectFailure.None)
        {
            _connectDuration.Record(duration.TotalSeconds, TcpMeter.Tag("cluster", cluster), TcpMeter.Tag("destination", destination));
        }
        else
        {
            _connectDuration.Record(duration.TotalSeconds, TcpMeter.Tag("cluster", cluster), TcpMeter.Tag("destination", destination), TcpMeter.Tag("error.type", ConnectLabel.Of(failure, error)));
        }
    }

    public void SourceUnusable(string cluster, SourceIpMode mode) => CounterOf(mode)?.Add(1, TcpMeter.Tag("cluster", cluster), TcpMeter.Tag("error.type", "source_unusable"));

    public void Retrying(string cluster, string destination) => _connectRetries.Add(1, TcpMeter.Tag("cluster", cluster), TcpMeter.Tag("destination", destination));

    private Counter<long>? CounterOf(SourceIpMode mode) => mode switch
    {
        SourceIpMode.Transparent => _transparent,
        SourceIpMode.Toa => _toa,
        _ => null,
    };

    private static void Count(Counter<long> counter, string cluster, ConnectFailure failure, SocketError error)
    {
        if (failure == ConnectFailure.None)
        {
            counter.Add(1, TcpMeter.Tag("cluster", cluster));
        }
        else
        {
            counter.Add(1, TcpMeter.Tag("cluster", cluster), TcpMeter.Tag("error.type", ConnectLabel.Of(failure, error)));
        }
    }

    private static string Name(ProxyProtocolVersion version) => version == ProxyProtocolVersion.V1 ? "v1" : "v2";
}
