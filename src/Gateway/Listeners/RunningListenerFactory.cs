using System.Diagnostics.Metrics;
using System.Net.Sockets;
using Gateway.Http.Connections;
using Gateway.Http.Listeners;
using Gateway.Http.Transport;
using Gateway.Linux;
using Gateway.Tcp;
using Gateway.Tcp.Engines;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Gateway.Listeners;

/// <summary>Binds listeners, and chooses the kind of server for each kind of listener.</summary>
internal sealed class RunningListenerFactory(
    IServiceProvider host, TcpDataPlane tcp, HttpListenerStates http, HttpConnectionServices services, OwnListeners own)
{
    private ServerStart _start = (_, _) => throw new InvalidOperationException("The application is not known yet.");

    /// <summary>Sets how a server is started with the host's application. Called once, before the first listener is bound.</summary>
    public void UseApplication(ServerStart start) => _start = start;

    /// <param name="plan">What is to be bound.</param>
    /// <param name="inherited">
    /// Sockets that listen on the address already, and are used instead of new ones; null: none. Not empty. The caller disposes them.
    /// </param>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public RunningListener Bind(ListenerPlan plan, IReadOnlyList<ListeningDescriptor>? inherited = null)
    {
        RunningListener bound = plan.IsTcp ? BindTcp(plan, inherited)
            : plan.SuitsEngine && tcp.Loops.Count > 0 ? BindHttpOnEngine(plan, inherited)
            : BindHttp(plan, inherited);
        bound.Enter(own);
        return bound;
    }

    private KestrelListener BindHttpOnEngine(ListenerPlan plan, IReadOnlyList<ListeningDescriptor>? inherited)
    {
        var state = http.For(plan.Name, plan.Kind);
        var bound = tcp.BindForServer(plan.Label, plan.Address.EndPoint, OptionsOf(plan, inherited));
        var listener = new EngineListener(
            bound,
            tcp.Loops,
            connection => services.Of(connection, state).AcceptedBy = bound,
            new ServerConnectionMetrics(host.GetRequiredService<IMeterFactory>(), bound.LocalEndPoint),
            host.GetRequiredService<ILogger<EngineListener>>());
        var spread = new SpreadClose(services.Live, services.Time, host.GetRequiredService<ILogger<SpreadClose>>());
        return KestrelListener.OverSocket(
            plan,
            listener,
            _start,
            host,
            (kestrel, local) => KestrelListenerSetup.Configure(
                kestrel, local, state, plan.HttpVersion, plan.HttpLimits, host, listener),
            (drain, deadline) => spread.RunAsync(bound, drain, deadline));
    }

    private KestrelListener BindHttp(ListenerPlan plan, IReadOnlyList<ListeningDescriptor>? inherited)
    {
        var socket = inherited is not null ? Adopt(plan, inherited[0]) : ListenerSockets.Listen(
            plan.Address.EndPoint,
            plan.Address.DualMode,
            plan.KeepAlive,
            listening =>
            {
                tcp.KeepOptions(listening, plan.Options);
                Tune(listening, plan);
            });
        ServerStart start = inherited is null ? _start : (server, cancellation) =>
        {
            // Not before the start, because until then the socket serves another listener, which may stay.
            TryTuneAdopted(socket, plan);
            return _start(server, cancellation);
        };
        var state = http.For(plan.Name, plan.Kind);
        // Connections of probes, scrapers and the operator use the reserve of descriptors.
        var reserved =
            plan.Kind == ListenerKind.Traffic ? null : new ReservedConnections(state, DescriptorReserve.ConnectionsOfProbes, services);
        var (onPause, onTurnedAway) = tcp.AcceptReportsOf(plan.Label);
        var acceptor = new SocketAcceptor(socket, mayUseReserve: reserved is not null, onPause, onTurnedAway, services.Time);
        var listener = new PausingListener(
            socket,
            acceptor,
            CreateConnections(plan),
            reserved is null ? connection => services.Of(connection, state).AcceptedBy = socket : reserved.Admit,
            isShared: inherited is not null);
        var spread = new SpreadClose(services.Live, services.Time, host.GetRequiredService<ILogger<SpreadClose>>());
        return KestrelListener.OverSocket(
            plan,
            listener,
            start,
            host,
            (kestrel, local) => KestrelListenerSetup.Configure(
                kestrel, local, state, plan.EndsTls ? null : plan.HttpVersion, plan.HttpLimits, host),
            reserved is null ? (drain, deadline) => spread.RunAsync(socket, drain, deadline) : null);
    }

    // Does not set UnsafePreferInlineScheduling, because an upload that never has to wait would keep its polling thread busy for seconds,
    // and delay all other connections of that thread.
    private SocketConnectionContextFactory CreateConnections(ListenerPlan plan) => new(
        new SocketConnectionFactoryOptions { MaxReadBufferSize = plan.HttpLimits.RequestBufferBytes },
        host.GetRequiredService<ILoggerFactory>().CreateLogger("Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets"));

    private Socket Adopt(ListenerPlan plan, ListeningDescriptor inherited)
    {
        var socket = inherited.ToSocket();
        try
        {
            tcp.KeepOptions(socket, plan.Options);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // What the kernel refuses stays as it was: the listener works all the same, and its configuration is in force by now.
    private static void TryTuneAdopted(Socket listening, ListenerPlan plan)
    {
        try
        {
            ListenerSockets.SetKeepAlive(listening, plan.KeepAlive);
            Tune(listening, plan with { KeepAlive = plan.KeepAlive with { UserTimeout = plan.KeepAlive.UserTimeout ?? TimeSpan.Zero } });
        }
        catch (SocketException)
        {
        }
    }

    private static void Tune(Socket listening, ListenerPlan plan) => SocketTuning.Apply(
        listening, plan.Socket.SendBufferBytes, plan.Socket.ReceiveBufferBytes, plan.Socket.Dscp, plan.KeepAlive.UserTimeout);

    private static TcpListenOptions OptionsOf(ListenerPlan plan, IReadOnlyList<ListeningDescriptor>? inherited) => new()
    {
        DualMode = plan.Address.DualMode,
        KeepAlive = plan.KeepAlive is { Enabled: true } on ? new TcpKeepAlive(on.Time, on.Interval, on.Retries) : null,
        UserTimeout = plan.KeepAlive.UserTimeout,
        Socket = TcpSocketOptions.From(plan.Socket),
        Options = plan.Options,
        Mark = plan.Mark,
        Inherited = inherited ?? [],
    };

    private RunningListener BindTcp(ListenerPlan plan, IReadOnlyList<ListeningDescriptor>? inherited)
    {
        var bound = tcp.Bind(plan.Name, plan.Address.EndPoint, OptionsOf(plan, inherited), plan.Intercept);
        return tcp.AcceptsThroughKestrel
            ? KestrelListener.OverTransport(plan, bound, tcp, _start, host)
            : new DirectTcpListener(plan, bound);
    }
}
