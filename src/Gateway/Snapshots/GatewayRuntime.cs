using System.Net.Sockets;
using Gateway.Http;
using Gateway.Http.Backends.Clients;
using Gateway.Http.Listeners;
using Gateway.Http.Responses;
using Gateway.Observability;
using Gateway.Tcp;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Telemetry;
using Gateway.Tcp.Tls;
using Gateway.Tls;

namespace Gateway.Snapshots;

/// <summary>Holds the configuration in force, and puts a new one in force for TCP and HTTP together.</summary>
internal sealed class GatewayRuntime(
    GatewaySnapshot initial, TcpDataPlane tcp, HttpListenerStates http, WaitingResponses waiting, SnapshotProxyConfigProvider yarp,
    SnapshotLogging logging, CertificateStore certificates, CertificateWatch watch,
    HttpClusterCredentials credentials, HandshakeLimit handshakes, ListenerAdmissions admissions, IEnumerable<IStartsAtZero> metrics)
{
    private volatile GatewaySnapshot _current = initial;

    /// <summary>The snapshot in force.</summary>
    public GatewaySnapshot Current => _current;

    /// <summary>Finds the rights that routes need and this process lacks, each with the cure.</summary>
    public IReadOnlyList<Finding> FindMissingRights(GatewaySnapshot snapshot) =>
        [
            .. tcp.CheckRights(snapshot.Tcp, SnapshotBuilder.ToaOf(snapshot.Config)),
            .. ClusterRights.Missing(snapshot.Config.ReverseProxy.Clusters),
            .. tcp.CheckDnat(snapshot.Dnat),
        ];

    /// <summary>Reads the certificates of a snapshot, and returns their problems. Empty: the snapshot can come into force.</summary>
    public Task<IReadOnlyList<Finding>> LoadCertificatesAsync(GatewaySnapshot snapshot) => certificates.LoadAsync(snapshot.Tls);

    /// <summary>Finds the missing rights for a snapshot that this process does not run.</summary>
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
    /// Starts the health checks of destinations and installs the kernel's forwarding rules, which takes a second at most. Returns the
    /// problems; empty: there is none. A call with the snapshot in force undoes the last preparation.
    /// </summary>
    public Task<IReadOnlyList<Finding>> PrepareAsync(GatewaySnapshot snapshot) => tcp.PrepareAsync(snapshot.Tcp, snapshot.Dnat);

    /// <summary>
    /// Puts a snapshot in force, after its listeners are bound. Live connections keep the settings that they started with. The gateway's
    /// own parts are built already and only assigned here. Logging and YARP build their parts (log filters, routes and clusters) here. The
    /// validation has tried these parts, but a library may have a rule that the trial does not know, so both libraries go first.
    /// </summary>
    /// <exception cref="Exception">Logging or YARP rejects the snapshot, and the old one stays in force.</exception>
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
        admissions.Update(snapshot.Admissions);
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

    /// <summary>Waits for TCP connections to end, then closes those that remain, with the reason drain.</summary>
    public Task DrainTcpAsync(TimeSpan timeout) => Task.WhenAll(tcp.DrainAsync(timeout), tcp.DrainDnatAsync(timeout));

    /// <summary>As <see cref="DrainTcpAsync"/>, after another process has taken over: no connection is refused.</summary>
    public Task DrainHandedOverAsync(CancellationToken deadline) => tcp.DrainAsync(deadline, refuses: false);

    /// <summary>The table of Dnat routes and its lock, for the process that takes this one's place; null: there is none.</summary>
    public (string Table, SafeSocketHandle Lock)? SuspendDnat() => tcp.SuspendDnat() is { } held ? (tcp.DnatTableName, held) : null;

    /// <summary>The other process has not started: this process keeps the kernel's rules up to date again.</summary>
    public void ResumeDnat() => tcp.ResumeDnat();

    /// <summary>The kernel's rules belong to another process now.</summary>
    public void LeaveDnat() => tcp.LeaveDnat();

    /// <summary>Stops the kernel from forwarding new connections.</summary>
    public void StopDnat() => tcp.StopDnat();

    /// <summary>Removes the gateway's rules from the kernel.</summary>
    public void RemoveDnat() => tcp.RemoveDnat();
}
