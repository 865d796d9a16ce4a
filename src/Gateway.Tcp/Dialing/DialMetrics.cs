using System.Diagnostics.Metrics;
using System.Net.Sockets;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.SourceIp;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Dialing;

/// <summary>
/// The instruments of dials: connect attempts, and the PROXY headers that are sent first. TCP routes and HTTP clusters share them. Labels
/// come from configuration, never from a client.
/// </summary>
internal sealed class DialMetrics
{
    private static readonly string[] ConnectErrors =
        ["timeout", "bind", "option", "permission", "resources", "aborted", "refused", "reset", "unreachable", "other", "source_unusable"];

    private readonly Histogram<double> _duration;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _headersSent;
    private readonly Counter<long> _tlvsLeftOut;
    private readonly Counter<long> _transparent;
    private readonly Counter<long> _toa;

    public DialMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(TcpMeter.Name);
        _duration = meter.CreateHistogram("gateway.destination.connect.duration", "s", "Connect attempts.", null, TcpMeter.ShortDurations);
        _retries = meter.CreateCounter<long>(
            "gateway.destination.connect.retries", "{attempt}", "Second and later attempts for one client.");
        _failures = meter.CreateCounter<long>(
            "gateway.destination.connect.failures", "{attempt}", "Connect attempts that failed, or whose TLS did.");
        _headersSent = meter.CreateCounter<long>("gateway.proxy_protocol.sent", "{header}", "PROXY headers to backends.");
        _tlvsLeftOut = meter.CreateCounter<long>(
            "gateway.proxy_protocol.tlvs_left_out", "{tlv}", "TLVs that were not passed on, since the header would be too long.");
        _transparent = meter.CreateCounter<long>("gateway.transparent.connect", "{attempt}", "Connect attempts from a client's address.");
        _toa = meter.CreateCounter<long>("gateway.toa.connect", "{attempt}", "Connect attempts with the client's address in a TCP option.");
    }

    /// <summary>Creates the series of a destination at zero, before anything is counted.</summary>
    public void StartAtZero(string cluster, string destination)
    {
        _retries.Add(0, TcpMeter.Tag("cluster", cluster), TcpMeter.Tag("destination", destination));
        _failures.Add(0, TcpMeter.Tag("cluster", cluster), TcpMeter.Tag("destination", destination));
    }

    /// <summary>Creates the series of a cluster's source-IP mode at zero.</summary>
    public void StartAtZero(string cluster, SourceIpModel sourceIp)
    {
        if (sourceIp.Mode == SourceIpMode.ProxyProtocol || sourceIp.Fallback == SourceIpFallback.ProxyProtocol)
        {
            _headersSent.Add(0, TcpMeter.Tag("cluster", cluster), TcpMeter.Tag("version", Name(sourceIp.Version)));
            _tlvsLeftOut.Add(0, TcpMeter.Tag("cluster", cluster));
        }

        if (CounterOf(sourceIp.Mode) is { } attempts)
        {
            attempts.Add(0, TcpMeter.Tag("cluster", cluster));
            foreach (var error in ConnectErrors)
            {
                attempts.Add(0, TcpMeter.Tag("cluster", cluster), TcpMeter.Tag("error.type", error));
            }
        }
    }

    /// <summary>Counts an attempt that ended.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="destination">The destination's name.</param>
    /// <param name="mode">How the backend was to learn the client's address.</param>
    /// <param name="failure">Who is to blame, or None.</param>
    /// <param name="error">The socket error.</param>
    /// <param name="duration">How long the attempt took.</param>
    public void Attempted(
        string cluster, string destination, SourceIpMode mode, ConnectFailure failure, SocketError error, TimeSpan duration)
    {
        if (CounterOf(mode) is { } counter)
        {
            Count(counter, cluster, failure, error);
        }

        if (!SaysSomethingOfTheDestination(failure))
        {
            return;
        }

        if (failure == ConnectFailure.None)
        {
            _duration.Record(duration.TotalSeconds, TcpMeter.Tag("cluster", cluster), TcpMeter.Tag("destination", destination));
        }
        else
        {
            _duration.Record(
                duration.TotalSeconds,
                TcpMeter.Tag("cluster", cluster),
                TcpMeter.Tag("destination", destination),
                TcpMeter.Tag("error.type", ConnectLabel.Of(failure, error)));
            Failed(cluster, destination);
        }
    }

    /// <summary>Whether an attempt counts for its destination: not a bind or an option that failed here, or a client that left.</summary>
    public static bool SaysSomethingOfTheDestination(ConnectFailure failure) =>
        failure is not (ConnectFailure.Bind or ConnectFailure.Option or ConnectFailure.Permission or ConnectFailure.Aborted);

    /// <summary>Counts an attempt that failed.</summary>
    public void Failed(string cluster, string destination) =>
        _failures.Add(1, TcpMeter.Tag("cluster", cluster), TcpMeter.Tag("destination", destination));

    /// <summary>
    /// Counts a client whose address cannot be the source of a connection to some destination (another family, loopback, or our own
    /// address), or for which the route has no TCP option. Called once per dial.
    /// </summary>
    public void SourceUnusable(string cluster, SourceIpMode mode) =>
        CounterOf(mode)?.Add(1, TcpMeter.Tag("cluster", cluster), TcpMeter.Tag("error.type", "source_unusable"));

    /// <summary>Counts a second or later attempt of a dial, to this destination.</summary>
    public void Retrying(string cluster, string destination) =>
        _retries.Add(1, TcpMeter.Tag("cluster", cluster), TcpMeter.Tag("destination", destination));

    /// <summary>Counts a header that was sent.</summary>
    public void HeaderSent(string cluster, ProxyProtocolVersion version) =>
        _headersSent.Add(1, TcpMeter.Tag("cluster", cluster), TcpMeter.Tag("version", Name(version)));

    /// <summary>Counts TLVs that found no room in a header.</summary>
    public void TlvsLeftOut(string cluster, int count)
    {
        if (count > 0)
        {
            _tlvsLeftOut.Add(count, TcpMeter.Tag("cluster", cluster));
        }
    }

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
