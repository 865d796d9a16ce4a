using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Tcp.AcceptThroughKestrel;
using Gateway.Tcp.AccessLogs;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Dnat;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Linux;
using Gateway.Tcp.Engines.Portable;
using Gateway.Tcp.Health;
using Gateway.Tcp.Names;
using Gateway.Tcp.Pipeline;
using Gateway.Tcp.Prologue;
using Gateway.Tcp.Rights;
using Gateway.Tcp.Routing;
using Gateway.Tcp.Status;
using Gateway.Tcp.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp;

/// <summary>
/// The TCP half of the gateway as its host sees it: binds listeners, follows configuration, drains. Safe from any thread.
/// </summary>
public sealed partial class TcpDataPlane : IAsyncDisposable
{
    // An aborted connection ends at once. The time is for the rest of its pipeline.
    private static readonly TimeSpan AbortTimeout = TimeSpan.FromSeconds(5);

    // Scrapes usually come every 15 s or less often, and reading two numbers per live connection costs next to nothing.
    private static readonly TimeSpan CountingInterval = TimeSpan.FromSeconds(5);

    private readonly ITcpEngine _engine;
    private readonly ITimer _counting;
    private readonly LoopWatch _loopWatch;
    private readonly TcpMetrics _metrics;
    private readonly LiveConnections _live;
    private readonly ConnectionPipeline _pipeline;
    private readonly ListenerAdmissions? _admissions;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly HealthMonitor _health;
    private readonly PassiveHealth _passive;
    private readonly DnatKernel _dnat;
    private readonly Func<bool> _mayBindForeign = TransparentProbe.IsPermitted;

    /// <summary>Starts an engine.</summary>
    /// <param name="engine">Which engine.</param>
    /// <param name="accept">Whether connections come directly or through Kestrel.</param>
    /// <param name="loggers">For the access log (category <c>Gateway.Access</c>) and faults.</param>
    /// <param name="meters">For the meter <c>Gateway.Tcp</c>.</param>
    /// <param name="time">For durations and timeouts.</param>
    /// <param name="limit">The cap on connections, shared with HTTP.</param>
    /// <param name="table">The nftables table of Dnat routes.</param>
    /// <param name="ownListeners">The listeners of this process, which must not be dialed; null: a new, empty list.</param>
    /// <param name="prologueMetrics">The metrics of connections before they are routed, shared with HTTP; null: not shared.</param>
    /// <param name="tlsMetrics">What is counted of handshakes with clients, shared with HTTP; null: nobody else counts.</param>
    /// <param name="handshakes">The cap on handshakes with clients at once, shared with HTTP; null: not shared.</param>
    /// <param name="admissions">The access rules and limits of listeners, shared with HTTP; null: there are none.</param>
    /// <param name="closed">Keeps the connections that ended last, shared with HTTP; null: nobody asks for them.</param>
    /// <param name="accessLog">The rules of the access log, shared with HTTP; null: the default rules.</param>
    /// <exception cref="PlatformNotSupportedException">The Linux engine was asked for on another system.</exception>
    public TcpDataPlane(
        TcpEngineKind engine,
        TcpAcceptKind accept,
        ILoggerFactory loggers,
        IMeterFactory meters,
        TimeProvider time,
        ConnectionLimit limit,
        string table = "gateway_dnat",
        OwnListeners? ownListeners = null,
        PrologueMetrics? prologueMetrics = null,
        TlsMetrics? tlsMetrics = null,
        HandshakeLimit? handshakes = null,
        ListenerAdmissions? admissions = null,
        ClosedConnections? closed = null,
        AccessLogState? accessLog = null)
    {
        ArgumentNullException.ThrowIfNull(loggers);
        ArgumentNullException.ThrowIfNull(meters);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(limit);
        _time = time;
        _admissions = admissions;
        _live = new LiveConnections(time);
        _logger = loggers.CreateLogger<TcpDataPlane>();
        ownListeners ??= new OwnListeners();
        _engine = CreateEngine(engine, ownListeners);
        _metrics = new TcpMetrics(meters, prologueMetrics, tlsMetrics, time);
        var resolver = new HostResolver(time);
        _passive = new PassiveHealth(meters, loggers, time);
        var dialer = new Dialer(resolver, _metrics.Dials, _passive, time);
        _health = new HealthMonitor(
            resolver,
            meters,
            loggers,
            time,
            new HealthProbe(ownListeners, time).CheckAsync);
        _dnat = new DnatKernel(new DnatTable(table), meters, _metrics, loggers, time);
        _health.Changed = _dnat.Wake;
        _health.Close = new UnhealthyConnections(_live, loggers).Close;
        _pipeline = new ConnectionPipeline(
            dialer, _metrics, _live, limit, handshakes ?? new HandshakeLimit(time), loggers, time, _passive, closed, accessLog);
        WaitingGauge.Create(meters, () => _pipeline.Model.Clusters.Values);
        LimitGauges.Create(meters, () => _pipeline.Model, admissions);
        limit.Quiet.Watch(_live);
        limit.Full = new FullPlaces(limit, _logger, time).Report;
        AcceptsThroughKestrel = accept == TcpAcceptKind.Kestrel || (accept == TcpAcceptKind.Auto && _engine.Name == "Portable");
        ConnectionListenerFactory = new EngineConnectionListenerFactory(_pipeline);
        ConnectionHandler = new TcpConnectionHandler(_pipeline);
        _loopWatch = new LoopWatch(_engine.Loops, _logger, time);
        _counting = time.CreateTimer(static plane => ((TcpDataPlane)plane!).CountCarried(), this, CountingInterval, CountingInterval);
    }

    /// <summary>The engine's name, <c>Linux</c> or <c>Portable</c>.</summary>
    public string EngineName => _engine.Name;

    /// <summary>The engine's threads that can carry HTTP connections; empty: the engine has no such threads.</summary>
    public IReadOnlyList<EngineLoop> Loops => _engine.Loops;

    /// <summary>
    /// Whether listeners are to be given to Kestrel (<see cref="BoundTcpListener.EndPoint"/>, <see cref="ConnectionListenerFactory"/>,
    /// <see cref="ConnectionHandler"/>) rather than started.
    /// </summary>
    public bool AcceptsThroughKestrel { get; }

    /// <summary>Takes <see cref="BoundTcpListener.EndPoint"/> and no other endpoint. It also implements the selector interface.</summary>
    public IConnectionListenerFactory ConnectionListenerFactory { get; }

    /// <summary>The handler for Kestrel endpoints of the data plane.</summary>
    public TcpConnectionHandler ConnectionHandler { get; }

    /// <summary>The number of connections between accept and end.</summary>
    public int ActiveConnections => _live.Count;

    /// <summary>The share of connections, 0 to 1, that have a span of the activity source <c>Gateway.Tcp</c>, if anybody listens.</summary>
    public double TraceSampleRatio
    {
        get => _pipeline.TraceSampleRatio;
        set => _pipeline.TraceSampleRatio = value;
    }

    /// <summary>
    /// Puts a model in force: new connections start with it, live connections stay on their model. If the model was made with the model
    /// before it, it shares the run-time state of clusters with that model. Not to be called twice at once.
    /// </summary>
    public void Update(TcpModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        _passive.Follow(model);
        _health.Follow(model.Clusters.Values);
        _metrics.StartAtZero(model);
        _pipeline.Model = model;
        foreach (var cluster in model.Clusters.Values)
        {
            cluster.PutInForce();
        }
    }

    /// <summary>
    /// The callbacks for a listener: one for each pause in accepting, and one for each connection that is turned away at that time. They
    /// count metrics, and write one log line for many events. Listeners of an HTTP server use them too.
    /// </summary>
    public (Action<SocketError> OnPause, Action OnTurnedAway) AcceptReportsOf(string listener)
    {
        var pauses = new AcceptPauses(listener, _metrics, _logger, _time);
        return (pauses.Report, pauses.TurnedAway);
    }

    /// <summary>
    /// Whether a cluster of the model in force has a destination that health checks have not found dead; true if there is no such cluster.
    /// </summary>
    public bool HasUsableDestination(string cluster) => !_pipeline.Model.Clusters.TryGetValue(cluster, out var model) || model.HasUsable();

    /// <summary>Makes the kernel keep the TCP options of connections to an HTTP server's socket, which does not listen yet.</summary>
    /// <exception cref="SocketException">The options cannot be kept.</exception>
    public void KeepOptions(Socket listener, OptionCarriers carriers)
    {
        if (carriers != OptionCarriers.None)
        {
            (_engine.Options ?? throw new SocketException((int)SocketError.OperationNotSupported)).Keep(listener, carriers);
        }
    }

    /// <summary>Reads the TCP options of one segment of a connection to such a socket: <see cref="TcpConnection.ReadOptions"/>.</summary>
    /// <param name="connection">The accepted socket.</param>
    /// <param name="carrier">The segment.</param>
    /// <param name="options">The buffer for the options.</param>
    /// <returns>The number of bytes.</returns>
    public int ReadOptions(Socket connection, OptionCarriers carrier, Span<byte> options) =>
        _engine.Options?.Read(connection, carrier, options) ?? 0;

    /// <summary>
    /// Finds the rights that routes and listeners of a model need and this process lacks: one message for each, with the cure. Empty: no
    /// right is missing, and everything that the model needs is in place.
    /// </summary>
    /// <param name="model">The model that is to be in force.</param>
    /// <param name="toa">
    /// The Toa sections of all listeners that have one, HTTP's included. If a section does not set its carriers, and only the SYN can be
    /// read, the method logs a warning.
    /// </param>
    public IReadOnlyList<Finding> CheckRights(TcpModel model, IReadOnlyDictionary<string, ToaConfig> toa)
    {
        ArgumentNullException.ThrowIfNull(model);
        return TcpRights.FindMissing(
            model, toa, _engine.Options, _mayBindForeign, (listener, problem) => Log.OnlySyn(_logger, listener, problem));
    }

    /// <summary>Binds an address and listens; nothing is accepted yet.</summary>
    /// <param name="listener">
    /// The listener's name. Each connection looks up the listener's policy and routes by this name, in the model in force.
    /// </param>
    /// <param name="endPoint">The address; port 0 for any.</param>
    /// <param name="options">The options of its sockets. Keep-alive and TCP_USER_TIMEOUT hold for the backends' connections too.</param>
    /// <param name="intercept">How connections are diverted to the listener; null: clients connect to its address.</param>
    /// <exception cref="SocketException">
    /// The address cannot be bound, or a right is missing that <paramref name="intercept"/> needs (AccessDenied).
    /// </exception>
    public BoundTcpListener Bind(string listener, IPEndPoint endPoint, TcpListenOptions options, InterceptMode? intercept = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var bound = BindForServer(listener, endPoint, options with { Transparent = intercept == InterceptMode.TProxy });
        var state = new ListenerState(
            listener, options.KeepAlive, options.UserTimeout, intercept, bound.LocalEndPoint.Port, _admissions?.For(listener));
        return new BoundTcpListener(bound, state, _pipeline);
    }

    /// <summary>As <see cref="Bind"/>, for a server that speaks the protocol itself (HTTP): no route serves the connections.</summary>
    /// <param name="listener">The listener's name, for metrics and messages.</param>
    /// <param name="endPoint">The address; port 0 for any.</param>
    /// <param name="options">The options of its sockets.</param>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public ITcpEngineListener BindForServer(string listener, IPEndPoint endPoint, TcpListenOptions options)
    {
        ArgumentNullException.ThrowIfNull(listener);
        ArgumentNullException.ThrowIfNull(endPoint);
        ArgumentNullException.ThrowIfNull(options);
        var (onPause, onTurnedAway) = AcceptReportsOf(listener);
        return _engine.Bind(endPoint, options with { OnAcceptError = onPause, OnTurnedAway = onTurnedAway });
    }

    /// <summary>
    /// Refuses new connections (reason <c>draining</c>), waits for live connections to end, and then ends the remaining connections (reason
    /// <c>drain</c>). Stop the listeners first. Does not throw when time runs out.
    /// </summary>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="jitter">
    /// The share of <paramref name="timeout"/>, 0 to 1, at whose end the remaining connections are ended one after another; 0: all at once.
    /// </param>
    public async Task DrainAsync(TimeSpan timeout, double jitter = 0)
    {
        using var deadline = new CancellationTokenSource(timeout, _time);
        await DrainAsync(timeout, jitter, deadline.Token);
    }

    /// <summary>As <see cref="DrainAsync(TimeSpan, double)"/>, with a deadline that may come earlier.</summary>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="jitter">The share of <paramref name="timeout"/> in which connections are ended one after another.</param>
    /// <param name="deadline">Cancelled when the time is over: the remaining connections are ended at once.</param>
    /// <param name="refuses">
    /// Whether connections that are not routed yet are refused. False: another process has the listeners, and nobody need be refused.
    /// </param>
    public async Task DrainAsync(TimeSpan timeout, double jitter, CancellationToken deadline, bool refuses = true)
    {
        var empty = refuses ? _live.StartDraining() : _live.WhenEmpty();
        var window = timeout * jitter;
        if (window > TimeSpan.Zero)
        {
            await empty.WaitAsync(timeout - window, _time, deadline).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (window > TimeSpan.Zero && !empty.IsCompleted && !deadline.IsCancellationRequested)
        {
            Log.EndingSpread(_logger, _live.Count, window);
            using var ends = new SpreadEnd(_live, window, _time);
            await empty.WaitAsync(deadline).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        else
        {
            await empty.WaitAsync(deadline).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (empty.IsCompleted)
        {
            return;
        }

        Log.Aborting(_logger, _live.Count);
        _live.AbortAll();
        await empty.WaitAsync(AbortTimeout, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Stops the engine, health checks and forwarding. Drain first.</summary>
    public async ValueTask DisposeAsync()
    {
        await _counting.DisposeAsync();
        _loopWatch.Dispose();
        await _health.DisposeAsync();
        await _dnat.DisposeAsync();
        await _engine.DisposeAsync();
    }

    /// <summary>Adds the bytes that live connections have carried since the last call to the metrics.</summary>
    internal void CountCarried()
    {
        foreach (var record in _live.Snapshot().Cast<ConnectionRecord>())
        {
            if (record.IsOpened)
            {
                _metrics.Carried(record, record.Client.Relayed);
            }
        }
    }

    // The Linux engine has the clock of its event loops.
    private ITcpEngine CreateEngine(TcpEngineKind kind, OwnListeners ownListeners)
    {
        Action<Exception> onFault = fault => Log.EngineFault(_logger, fault);
        return kind.IsLinux()
            ? new LinuxTcpEngine(new LinuxEngineOptions { OwnListeners = ownListeners, OnFault = onFault })
            : new PortableTcpEngine(_time, ownListeners, onFault);
    }

    private static partial class Log
    {
        [LoggerMessage(
            2010,
            LogLevel.Warning,
            "Listeners:{Listener}:Toa looks at the SYN only: reading the handshake's ACK and the first data {Problem}. "
                + "Any client can forge its address then, if the load balancer forwards packets and writes the option only into the "
                + "ACK: what it lets through in the SYN is the client's own. "
                + "Grant it, or write where the load balancer puts the option: \"Carriers\": [\"Ack\"] (does not start without the "
                + "rights), or [\"Syn\"]"
        )]
        public static partial void OnlySyn(ILogger logger, string listener, string problem);

        [LoggerMessage(2003, LogLevel.Error, "A fault of the gateway on an engine thread; its connection was reset")]
        public static partial void EngineFault(ILogger logger, Exception fault);

        [LoggerMessage(2002, LogLevel.Information, "{Count} TCP connections outlived the drain and are closed")]
        public static partial void Aborting(ILogger logger, int count);

        [LoggerMessage(2012, LogLevel.Information, "{Count} TCP connections are left and are closed one after another, within {Window}")]
        public static partial void EndingSpread(ILogger logger, int count, TimeSpan window);
    }
}
