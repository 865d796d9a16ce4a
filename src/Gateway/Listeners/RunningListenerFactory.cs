using System.Net.Sockets;
using Gateway.Http.Connections;
using Gateway.Http.Listeners;
using Gateway.Tcp;
using Gateway.Tcp.Engines;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Gateway.Listeners;

/// <summary>Binds listeners. The only place that knows which kind of server serves which kind of listener.</summary>
internal sealed class RunningListenerFactory(
    IServiceProvider host, TcpDataPlane tcp, HttpListenerStates http, HttpConnectionServices services, OwnListeners own)
{
    private ServerStart _start = (_, _) => throw new InvalidOperationException("The application is not known yet.");

    /// <summary>Told once, before the first listener is bound: how to start a server with the host's application.</summary>
    public void UseApplication(ServerStart start) => _start = start;

    /// <exception cref="SocketException">The address cannot be had.</exception>
    public ValueTask<RunningListener> BindAsync(ListenerPlan plan)
    {
        var bound = plan.IsTcp ? BindTcp(plan) : BindHttp(plan);
        bound.Enter(own);
        return new(bound);
    }

    private KestrelListener BindHttp(ListenerPlan plan)
    {
        var address = plan.Address;
        var socket = ListenerSockets.Listen(
            address.EndPoint,
            address.DualMode,
            plan.KeepAlive,
            listening => tcp.KeepOptions(listening, plan.Options));
        var state = http.For(plan.Name, plan.Kind);
        // Those of probes, scrapes and the operator come out of the reserve.
        var reserved =
            plan.Kind == ListenerKind.Traffic ? null : new ReservedConnections(state, DescriptorReserve.ConnectionsOfProbes, services);
        var (onPause, onTurnedAway) = tcp.AcceptReportsOf(plan.Label);
        var acceptor = new SocketAcceptor(socket, mayUseReserve: reserved is not null, onPause, onTurnedAway, services.Time);
        var listener = new PausingListener(
            socket,
            acceptor,
            CreateConnections(plan),
            reserved is null ? connection => services.Of(connection, state) : reserved.Admit);
        return KestrelListener.OverSocket(
            plan,
            listener,
            _start,
            host,
            (kestrel, local) => KestrelListenerSetup.Configure(
                kestrel, local, state, plan.EndsTls ? null : plan.HttpVersion, plan.HttpLimits, host));
    }

    // Not UnsafePreferInlineScheduling: an upload that never has to wait would keep its polling thread from everybody else, for seconds.
    private SocketConnectionContextFactory CreateConnections(ListenerPlan plan) => new(
        new SocketConnectionFactoryOptions { MaxReadBufferSize = plan.HttpLimits.RequestBufferBytes },
        host.GetRequiredService<ILoggerFactory>().CreateLogger("Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets"));

    private RunningListener BindTcp(ListenerPlan plan)
    {
        var address = plan.Address;
        var keepAlive = plan.KeepAlive is { Enabled: true } on ? new TcpKeepAlive(on.Time, on.Interval, on.Retries) : null;
        var bound = tcp.Bind(plan.Name, address.EndPoint, address.DualMode, keepAlive, plan.Options, plan.Intercept, plan.Mark);
        if (!tcp.AcceptsThroughKestrel)
        {
            return new DirectTcpListener(plan, bound);
        }
        return KestrelListener.OverTransport(
            plan,
            bound.LocalEndPoint,
            tcp.ConnectionListenerFactory,
            bound.EndPoint,
            tcp.ConnectionHandler.OnConnectedAsync,
            bound.StopAsync,
            _start,
            host);
    }
}
