using System.Net;
using Gateway.Configuration;
using Gateway.Http;
using Gateway.Http.Backends.Clients;
using Gateway.Http.Connections;
using Gateway.Http.Listeners;
using Gateway.Snapshots;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Configuration;
using Gateway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;

namespace Gateway.FunctionalTests.Http;

/// <summary>The HTTP half of the gateway on real sockets: one Kestrel with the listeners that a test asks for, YARP, and nothing else.</summary>
internal sealed class HttpTestGateway : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dictionary<string, IPEndPoint> _endPoints = [];

    private readonly EngineTransport? _engine;

    private HttpTestGateway(WebApplication app, EngineTransport? engine) => (_app, _engine) = (app, engine);

    /// <summary>Everything that was logged.</summary>
    public FakeLogCollector Logs => _app.Services.GetRequiredService<FakeLogCollector>();

    /// <summary>The application's services.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Where a listener accepts, on a loopback address.</summary>
    public IPEndPoint this[string listener] => _endPoints[listener];

    /// <summary>Starts it; listeners whose address is null are on 127.0.0.1.</summary>
    public static async Task<HttpTestGateway> StartAsync(GatewayConfig config, IPAddress? address = null, Action<IServiceCollection>? services = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRouting();
        var engine = EngineTransport.IsWanted ? new EngineTransport() : null;
        if (engine is not null)
        {
            builder.Services.AddSingleton(new HttpLoops(engine.Loops));
            builder.Services.AddSingleton<IConnectionListenerFactory>(engine);
        }

        builder.Services.AddHttpGateway();
        builder.Services.AddMetrics();
        builder.Services.AddFakeLogging();
        builder.Logging.AddFilter((category, level) => level >= (category is "Gateway.Access" ? LogLevel.Trace : LogLevel.Warning));
        services?.Invoke(builder.Services);
        var listeners = config.Listeners.Where(listener => listener.Value.Protocol == ListenerProtocol.Http).ToArray();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            var models = kestrel.ApplicationServices.GetRequiredService<HttpListenerStates>();
            models.Update(HttpListenerModelBuilder.Build(config));
            foreach (var (name, listener) in listeners)
            {
                var state = models.For(name, ListenerKind.Traffic);
                var onEngine = listener is { HttpVersion: ListenerHttpVersion.Http1, Transport: ListenerTransport.Auto }
                    ? engine?.Bind(address ?? IPAddress.Loopback, state, kestrel.ApplicationServices)
                    : null;
                KestrelListenerSetup.Configure(
                    kestrel,
                    onEngine?.LocalEndPoint ?? new IPEndPoint(address ?? IPAddress.Loopback, 0),
                    state,
                    listener.HttpVersion,
                    listener.HttpLimits,
                    kestrel.ApplicationServices,
                    onEngine);
            }
        });
        var app = builder.Build();
        app.UseHttpGateway();
        await app.StartAsync().WaitAsync(Limits.Wait);
        var gateway = new HttpTestGateway(app, engine);
        // YARP's first checks begin in the background, and are of the clusters that are there by then: of none.
        var checks = app.Services.GetRequiredService<IActiveHealthCheckMonitor>();
        await Eventually.TrueAsync(() => checks.InitialProbeCompleted, "YARP's first checks", Limits.Wait);
        gateway.Update(config);
        var bound = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        for (var i = 0; i < listeners.Length; i++)
        {
            var port = new Uri(bound[i]).Port;
            gateway._endPoints[listeners[i].Key] = new IPEndPoint(address is null ? IPAddress.Loopback : address, port);
        }
        return gateway;
    }

    /// <summary>Puts another configuration in force; listeners stay as they are.</summary>
    public void Update(GatewayConfig config)
    {
        _app.Services.GetRequiredService<ListenerAdmissions>().Update(SnapshotBuilder.AdmissionsOf(config));
        _app.Services.GetRequiredService<HttpListenerStates>().Update(HttpListenerModelBuilder.Build(config));
        Assert.Null(_app.Services.GetRequiredService<SnapshotProxyConfigProvider>().Update(config.ReverseProxy.Routes, config.ReverseProxy.Clusters));
    }

    /// <summary>Waits for the line of the access log that <paramref name="wanted"/> recognises: it is written after the response has gone out.</summary>
    public async Task<string> WaitForAccessLineAsync(Func<string, bool> wanted)
    {
        string? Find() => Logs.GetSnapshot().Where(record => record.Category == "Gateway.Access").Select(record => record.Message).FirstOrDefault(wanted);
        await Eventually.TrueAsync(() => Find() is not null, "a line of the access log", Limits.Wait);
        return Find()!;
    }

    /// <summary>One listener <c>web</c>, and one route for everything to one destination.</summary>
    public static GatewayConfig Config(string destination, Func<ListenerConfig, ListenerConfig>? listener = null, Func<RouteConfig, RouteConfig>? route = null, Func<ClusterConfig, ClusterConfig>? cluster = null)
    {
        var web = new ListenerConfig { Address = "127.0.0.1:0", Protocol = ListenerProtocol.Http };
        var all = new RouteConfig { RouteId = "all", ClusterId = "backend", Match = new RouteMatch { Path = "/{**rest}" } };
        var backend = new ClusterConfig
        {
            ClusterId = "backend",
            Destinations = new Dictionary<string, DestinationConfig> { ["one"] = new() { Address = destination } },
        };
        return new GatewayConfig
        {
            Listeners = new Dictionary<string, ListenerConfig> { ["web"] = listener?.Invoke(web) ?? web },
            ReverseProxy = new ReverseProxyConfig { Routes = [route?.Invoke(all) ?? all], Clusters = [cluster?.Invoke(backend) ?? backend] },
        };
    }

    /// <summary>A policy that lets loopback speak for clients.</summary>
    public static ProxyProtocolConfig TrustLoopback { get; } = new() { TrustedProxies = ["127.0.0.0/8", "::1/128"] };

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
        }
    }
}
