using System.Net.Sockets;
using Gateway.Http;
using Gateway.Http.Backends.Clients;
using Gateway.Http.Listeners;
using Gateway.Http.Responses;
using Gateway.Kubernetes.Endpoints;
using Gateway.Observability;
using Gateway.Observability.Logs;
using Gateway.Tcp;
using Gateway.Tcp.AccessLogs;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Rights;
using Gateway.Tcp.Status;
using Gateway.Tcp.Telemetry;
using Gateway.Tcp.Tls;
using Gateway.Tls;

namespace Gateway.Snapshots;

/// <summary>Holds the configuration in force, and puts a new one in force for TCP and HTTP together.</summary>
internal sealed class GatewayRuntime(
    GatewaySnapshot initial, TcpDataPlane tcp, HttpListenerStates http, WaitingResponses waiting, SnapshotProxyConfigProvider yarp,
    SnapshotLogging logging, CertificateStore certificates, CertificateWatch watch,
    HttpClusterCredentials credentials, HandshakeLimit handshakes, ListenerAdmissions admissions, ClosedConnections closed,
    AccessLogState accessLog, AccessFiles accessFiles, IEnumerable<IStartsAtZero> metrics,
    ServiceRegistry services, ServiceWatch serviceWatch)
{
    // A request that comes before the endpoints of its cluster are known would be answered 503; a TCP connection waits.
    private static readonly TimeSpan EndpointsPatience = TimeSpan.FromSeconds(1);

    private volatile GatewaySnapshot _current = initial;
    private int _changes;

    /// <summary>The snapshot in force.</summary>
    public GatewaySnapshot Current => _current;

    /// <summary>How often a snapshot came into force since the start: another file, or other objects of a cluster.</summary>
    public int Changes => Volatile.Read(ref _changes);

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
    /// Follows the Services of Kubernetes, starts the health checks of destinations and installs the kernel's forwarding rules, which takes
    /// a second each at most. Returns the problems; empty: there is none. A call with the snapshot in force undoes the last preparation.
    /// </summary>
    public async Task<IReadOnlyList<Finding>> PrepareAsync(GatewaySnapshot snapshot)
    {
        // The Services of the snapshot in force are followed until that is out of force.
        var problems = serviceWatch.Follow(snapshot.Config.Kubernetes, snapshot.Services.Union(_current.Services).ToHashSet());
        if (problems.Count > 0)
        {
            return problems;
        }

        await serviceWatch.WaitAsync(snapshot.Services, EndpointsPatience);
        return await tcp.PrepareAsync(snapshot.Tcp, snapshot.Dnat);
    }

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
        tcp.TraceSampleRatio = snapshot.Config.Tracing.SampleRatio;
        http.Update(snapshot.Http);
        watch.Follow(snapshot.Tls);
        handshakes.Max = snapshot.Config.Limits.MaxHandshakes;
        waiting.Update(snapshot.Config.Limits.MaxWaitingResponses);
        closed.IsKept = snapshot.Config.Admin is not null;
        accessLog.Update(snapshot.AccessLog);
        accessFiles.Update(snapshot.Config.AccessLog.File);
        _current = snapshot;
        Interlocked.Increment(ref _changes);
        serviceWatch.Follow(snapshot.Config.Kubernetes, snapshot.Services);
        services.Keep(snapshot.Services);
        foreach (var series in metrics)
        {
            series.StartAtZero(snapshot.Config);
        }
    }

    /// <summary>Forgets the state of listeners that are not in the snapshot in force, once its listeners accept.</summary>
    public void Settle()
    {
        admissions.Keep(_current.Admissions.Keys);
        http.Keep(_current.Http);
    }

    /// <summary>Waits for TCP connections to end, then closes those that remain, with the reason drain.</summary>
    public Task DrainTcpAsync(TimeSpan timeout) =>
        Task.WhenAll(tcp.DrainAsync(timeout, _current.Config.Shutdown.DrainTimeoutJitter), tcp.DrainDnatAsync(timeout));

    /// <summary>As <see cref="DrainTcpAsync"/>, after another process has taken over: no connection is refused.</summary>
    public Task DrainHandedOverAsync(TimeSpan timeout, CancellationToken deadline) =>
        tcp.DrainAsync(timeout, _current.Config.Shutdown.DrainTimeoutJitter, deadline, refuses: false);

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
