using Gateway.Http;
using Gateway.Http.Backends.Clients;
using Gateway.Http.Listeners;
using Gateway.Http.Responses;
using Gateway.Observability;
using Gateway.Tcp;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Telemetry;
using Gateway.Tcp.Tls;
using Gateway.Tls;

namespace Gateway.Snapshots;

/// <summary>The configuration in force, and the two planes that follow it: TCP and HTTP are swapped together.</summary>
internal sealed class GatewayRuntime(
    GatewaySnapshot initial, TcpDataPlane tcp, HttpListenerStates http, WaitingResponses waiting, SnapshotProxyConfigProvider yarp,
    SnapshotLogging logging, CertificateStore certificates, CertificateWatch watch,
    HttpClusterCredentials credentials, HandshakeLimit handshakes, IEnumerable<IStartsAtZero> metrics)
{
    private volatile GatewaySnapshot _current = initial;

    /// <summary>The snapshot in force.</summary>
    public GatewaySnapshot Current => _current;

    /// <summary>Rights that a route needs and this process lacks, each with the cure.</summary>
    public IReadOnlyList<Finding> FindMissingRights(GatewaySnapshot snapshot) =>
        [
            .. tcp.CheckRights(snapshot.Tcp, SnapshotBuilder.ToaOf(snapshot.Config)),
            .. ClusterRights.Missing(snapshot.Config.ReverseProxy.Clusters),
            .. tcp.CheckDnat(snapshot.Dnat),
        ];

    /// <summary>Reads the certificates of a snapshot. What is wrong with them; empty: it can come into force.</summary>
    public Task<IReadOnlyList<Finding>> LoadCertificatesAsync(GatewaySnapshot snapshot) => certificates.LoadAsync(snapshot.Tls);

    /// <summary>The same for a snapshot that this process does not run.</summary>
    public static IReadOnlyList<Finding> FindMissingRightsOfTrial(GatewaySnapshot snapshot) =>
        [
            .. TcpRights.FindMissing(
                snapshot.Tcp,
                SnapshotBuilder.ToaOf(snapshot.Config),
                snapshot.Dnat,
                snapshot.Config.TcpProxy.Engine,
                snapshot.Config.TcpProxy.Dnat.Table),
            .. ClusterRights.Missing(snapshot.Config.ReverseProxy.Clusters),
        ];

    /// <summary>
    /// Begins to check destinations and has the kernel forward what it is to; takes a second at most. Why it would not; empty: it does.
    /// With the snapshot in force it undoes the last preparation.
    /// </summary>
    public Task<IReadOnlyList<Finding>> PrepareAsync(GatewaySnapshot snapshot) => tcp.PrepareAsync(snapshot.Tcp, snapshot.Dnat);

    /// <summary>
    /// Puts a snapshot whose listeners are bound in force. Live connections stay on what they started with. Everything of ours is built by
    /// now, and assigned; the parts that other libraries make of it (log filters, YARP's routes and clusters) were tried when the file was
    /// validated. They take it first all the same: a library may know a rule that its trial does not.
    /// </summary>
    /// <exception cref="Exception">Logging or YARP did not take it: the old one is in force.</exception>
    public void Swap(GatewaySnapshot snapshot)
    {
        logging.Update(snapshot.Logging);
        credentials.Update(snapshot.Tls);
        if (yarp.Update(snapshot.Config.ReverseProxy.Routes, snapshot.Config.ReverseProxy.Clusters) is { } problem)
        {
            logging.Update(_current.Logging);
            credentials.Update(_current.Tls);
            throw new InvalidOperationException($"YARP does not take ReverseProxy: {LogText.DetailOf(problem)}", problem);
        }
        tcp.Update(snapshot.Tcp);
        http.Update(snapshot.Http);
        watch.Follow(snapshot.Tls);
        handshakes.Max = snapshot.Config.Limits.MaxHandshakes;
        waiting.Update(snapshot.Config.Limits.MaxWaitingResponses);
        _current = snapshot;
        foreach (var series in metrics)
        {
            series.StartAtZero(snapshot.Config);
        }
    }

    /// <summary>Waits for TCP connections to end; closes those that remain with the reason drain.</summary>
    public Task DrainTcpAsync(TimeSpan timeout) => Task.WhenAll(tcp.DrainAsync(timeout), tcp.DrainDnatAsync(timeout));

    /// <summary>The kernel takes no new connections any more.</summary>
    public void StopDnat() => tcp.StopDnat();

    /// <summary>The kernel forgets us.</summary>
    public void RemoveDnat() => tcp.RemoveDnat();
}
