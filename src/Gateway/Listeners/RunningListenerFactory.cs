using System.Net.Sockets;
using Gateway.Http.Connections;
using Gateway.Http.Listeners;
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

    /// <exception cref="SocketException">The address cannot be bound.</exception>
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
        // Connections of probes, scrapers and the operator use the reserve of descriptors.
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

    // Does not set UnsafePreferInlineScheduling, because an upload that never has to wait would keep its polling thread busy for seconds,
    // and delay all other connections of that thread.
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
