using System.Net.Sockets;
using Gateway.Configuration;
using Gateway.Http;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Listening;

namespace Gateway.Hosting;

/// <summary>Binds listeners. The only place that knows which kind of server serves which kind of listener.</summary>
internal sealed class RunningListenerFactory(IServiceProvider host, TcpDataPlane tcp, HttpListenerModels http, OwnListeners own)
{
    private ServerStart _start = (_, _) => throw new InvalidOperationException("The application is not known yet.");

    /// <summary>Told once, before the first listener is bound: how to start a server with the host's application.</summary>
    public void UseApplication(ServerStart start) => _start = start;

    /// <exception cref="SocketException">The address cannot be had.</exception>
    public ValueTask<RunningListener> BindAsync(ListenerPlan plan)
    {
        var bound = plan.Protocol == ListenerProtocol.Tcp ? BindTcp(plan) : BindHttp(plan);
        bound.Enter(own);
        return new(bound);
    }

    private KestrelListener BindHttp(ListenerPlan plan)
    {
        var address = plan.Address;
        var socket = ListenerSockets.Listen(address.EndPoint, address.DualMode, plan.KeepAlive, listening => tcp.KeepOptions(listening, plan.Options));
        return KestrelListener.OverSocket(plan, socket, _start, host,
            (kestrel, local) => KestrelListenerSetup.Configure(kestrel, local, http.For(plan.Name, plan.Kind), plan.HttpVersion, plan.HttpLimits, host));
    }

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
            plan, bound.LocalEndPoint, tcp.ConnectionListenerFactory, bound.EndPoint, tcp.ConnectionHandler.OnConnectedAsync, bound.StopAsync, _start, host);
    }
}
