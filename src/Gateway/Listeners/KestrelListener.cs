using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using Gateway.Http.Requests;
using Gateway.Http.Transport;
using Gateway.Linux;
using Gateway.Tcp;
using Gateway.Tcp.Pipeline;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Listeners;

/// <summary>A listener with a Kestrel server of its own, so that it starts and drains independently of the other listeners.</summary>
internal sealed class KestrelListener : RunningListener
{
    private readonly ServiceProvider _services;
    private readonly IServer _server;
    private readonly ServerStart _start;
    private readonly Func<ValueTask> _unbind;
    private readonly Func<IReadOnlyList<ListeningDescriptor>> _share;
    private readonly Func<TimeSpan, CancellationToken, Task>? _endConnections;
    private bool _started;

    private KestrelListener(
        ListenerPlan plan,
        IPEndPoint local,
        ServiceProvider services,
        ServerStart start,
        Func<ValueTask> unbind,
        Func<IReadOnlyList<ListeningDescriptor>> share,
        Func<TimeSpan, CancellationToken, Task>? endConnections = null)
        : base(plan)
    {
        LocalEndPoint = local;
        _services = services;
        _server = services.GetRequiredService<IServer>();
        _start = start;
        _unbind = unbind;
        _share = share;
        _endConnections = endConnections;
    }

    public override IPEndPoint LocalEndPoint { get; }

    /// <summary>Makes a listener that serves HTTP on a bound socket.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="listener">Accepts from the socket.</param>
    /// <param name="start">Starts the server.</param>
    /// <param name="host">The host's services.</param>
    /// <param name="configure">Configures the server.</param>
    /// <param name="endConnections">Asks the connections to end, within a part of the drain; null: the server does, all at once.</param>
    public static KestrelListener OverSocket(
        ListenerPlan plan,
        IHttpSocketListener listener,
        ServerStart start,
        IServiceProvider host,
        Action<KestrelServerOptions, IPEndPoint> configure,
        Func<TimeSpan, CancellationToken, Task>? endConnections)
    {
        var local = listener.LocalEndPoint;
        var services = CreateServices(host, kestrel => configure(kestrel, local));
        services.AddSingleton<DiagnosticSource>(_ => BadRequestObserver.CreateSource(host.GetRequiredService<HttpRequestReport>()));
        services.AddSingleton<IConnectionListenerFactory>(listener);
        return new KestrelListener(
            plan, local, services.BuildServiceProvider(), start, () => listener.UnbindAsync(), listener.Share, endConnections);
    }

    /// <summary>Makes a listener that serves the connections of a TCP engine's transport.</summary>
    public static KestrelListener OverTransport(
        ListenerPlan plan, BoundTcpListener bound, TcpDataPlane tcp, ServerStart start, IServiceProvider host)
    {
        var services = CreateServices(
            host, kestrel => kestrel.Listen(bound.EndPoint, listen => listen.Run(tcp.ConnectionHandler.OnConnectedAsync)));
        services.AddSingleton(tcp.ConnectionListenerFactory);
        return new KestrelListener(plan, bound.LocalEndPoint, services.BuildServiceProvider(), start, bound.StopAsync, bound.Share);
    }

    public override async Task StartAsync(CancellationToken cancellation)
    {
        _started = true;
        await _start(_server, cancellation);
    }

    public override IReadOnlyList<ListeningDescriptor> Share() => _share();

    protected override ValueTask UnbindSocketAsync() => _unbind();

    protected override async Task StopServerAsync(TimeSpan drain, CancellationToken deadline)
    {
        if (_endConnections is not null)
        {
            // First no new connections, because the server goes on to accept until it is stopped.
            await _unbind();
            await _endConnections(drain, deadline);
        }

        await _server.StopAsync(deadline);
        await _unbind();
        await _services.DisposeAsync();
    }

    protected override async ValueTask DiscardServerAsync()
    {
        await _unbind();
        if (_started)
        {
            await _server.StopAsync(new CancellationToken(canceled: true));
        }
        await _services.DisposeAsync();
    }

    /// <summary>Makes the services of a bare Kestrel server. The server logs and measures through the host's factories.</summary>
    private static IServiceCollection CreateServices(IServiceProvider host, Action<KestrelServerOptions> configure)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(configure);
        builder.Services.AddSingleton<ILoggerFactory>(new SharedLoggerFactory(host.GetRequiredService<ILoggerFactory>()));
        builder.Services.AddSingleton<IMeterFactory>(new SharedMeterFactory(host.GetRequiredService<IMeterFactory>()));
        return builder.Services;
    }

    /// <summary>Passes loggers of the host to a listener. Dispose does nothing, because the host's factory outlives the listener.</summary>
    private sealed class SharedLoggerFactory(ILoggerFactory inner) : ILoggerFactory
    {
        public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

        public ILogger CreateLogger(string categoryName) => inner.CreateLogger(categoryName);

        public void Dispose()
        {
        }
    }

    /// <summary>Passes meters of the host to a listener. Dispose does nothing, because all listeners share the meters.</summary>
    private sealed class SharedMeterFactory(IMeterFactory inner) : IMeterFactory
    {
        // Leaves the scope out: a factory accepts only itself as the scope of a meter, and the caller has set this wrapper there.
        public Meter Create(MeterOptions options) =>
            inner.Create(
                new MeterOptions(options.Name)
                {
                    Version = options.Version,
                    Tags = options.Tags,
                    TelemetrySchemaUrl = options.TelemetrySchemaUrl,
                });

        public void Dispose()
        {
        }
    }
}
