using System.Diagnostics.CodeAnalysis;
using Gateway.Http.Backends.Clients;
using Gateway.Http.Backends.Exchange;
using Gateway.Http.Connections;
using Gateway.Http.Connections.Frames;
using Gateway.Http.GatewayApi;
using Gateway.Http.Listeners;
using Gateway.Http.Messages;
using Gateway.Http.Requests;
using Gateway.Http.Responses;
using Gateway.Kubernetes.Endpoints;
using Gateway.Observability;
using Gateway.Tcp.AccessLogs;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Prologue;
using Gateway.Tcp.Telemetry;
using Gateway.Tcp.Tls;
using Gateway.Tls;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Gateway.Http;

/// <summary>Everything of HTTP, for the host.</summary>
internal static class HttpGatewayExtensions
{
    /// <summary>
    /// Adds YARP and what the gateway puts around it. Routes and clusters come through <see cref="SnapshotProxyConfigProvider"/>,
    /// listeners' policies through <see cref="HttpListenerStates"/>.
    /// </summary>
    public static IServiceCollection AddHttpGateway(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => new ServiceRegistry(provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<SnapshotProxyConfigProvider>();
        services.TryAddSingleton<IProxyConfigProvider>(provider => provider.GetRequiredService<SnapshotProxyConfigProvider>());
        services.AddSingleton<IConfigChangeListener>(provider => provider.GetRequiredService<SnapshotProxyConfigProvider>());
        services.TryAddSingleton<HttpListenerStates>();
        services.TryAddSingleton(static provider => new AccessLogState(provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<HttpAccessLog>();
        services.AddZeroStarting<HttpRequestMetrics>();
        services.TryAddSingleton<HttpRequestReport>();
        services.TryAddSingleton<DestinationErrors>();
        services.TryAddSingleton<DestinationTimes>();
        services.TryAddSingleton<DrainedDestinations>();
        services.TryAddSingleton<ResponseMetrics>();
        services.TryAddSingleton<WaitingResponses>();
        services.TryAddSingleton<FrameMetrics>();
        services.TryAddSingleton<PrologueMetrics>();
        services.TryAddSingleton<TlsMetrics>();
        services.TryAddSingleton<HandshakeLimit>(provider => new HandshakeLimit(provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<ListenerAdmissions>();
        services.AddZeroStarting<HttpConnectionSeries>();
        services.TryAddSingleton(_ => new ConnectionLimit());
        services.TryAddSingleton<OperatorWarnings>();
        services.TryAddSingleton<DepartureWatch>();
        services.TryAddSingleton<HttpConnectionServices>();
        services.TryAddSingleton<OwnListeners>();
        services.TryAddSingleton<SocketDialer>();
        services.TryAddSingleton<DestinationOptions>();
        services.TryAddSingleton<DestinationNames>();
        services.TryAddSingleton<HttpClusterCredentials>();
        services.AddZeroStarting<ClientPoolMetrics>();
        services.AddZeroStarting<DestinationDials>();
        services.TryAddSingleton<ClientPools>();
        services.TryAddSingleton(new HttpLoops([]));
        services.TryAddSingleton<IForwarderHttpClientFactory, ClientInvokerFactory>();
        services.AddSingleton<IStartsAtZero>(static provider =>
            (ClientInvokerFactory)provider.GetRequiredService<IForwarderHttpClientFactory>());
        services.TryAddSingleton<HttpRouteEndpoints>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<MatcherPolicy, ListenerMatcherPolicy>());
        services.AddPassiveHealth();
        services.AddSingleton<IStartsAtZero>(static provider =>
            provider.GetServices<IPassiveHealthCheckPolicy>().OfType<FailedConnectsPolicy>().Single());
        services.AddRequestTimeouts();
        // Policies of CORS and authorization cannot be defined here and are refused by validation; what is left of them ("disable",
        // "anonymous") needs no middleware.
        services.Configure<RouteOptions>(options => options.SuppressCheckForUnhandledSecurityMetadata = true);
        services.AddReverseProxy()
            .AddConfigFilter<IdleTimeoutFilter>()
            .AddConfigFilter<HeaderTextFilter>()
            .AddConfigFilter<PassiveHealthFilter>()
            .AddTransforms<GatewayTransforms>();
        BoundProbes(services);
        RemoveForeignStartUp(services);
        // It writes a warning with a stack for every request that fails, a client that leaves included; the access log has the reason and
        // the cause. First, so that a rule of the file for the same category wins.
        services.Configure<LoggerFilterOptions>(options =>
            options.Rules.Insert(0, new LoggerFilterRule(null, "Yarp.ReverseProxy.Forwarder.HttpForwarder", LogLevel.Error, null)));
        return services;
    }

    /// <summary>Adds passive health policies beside YARP's, also for whoever only validates.</summary>
    public static IServiceCollection AddPassiveHealth(this IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPassiveHealthCheckPolicy, DestinationFailureRatePolicy>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPassiveHealthCheckPolicy, FailedConnectsPolicy>());
        return services;
    }

    // YARP's factory of health checks stays, and ours stands before it.
    private static void BoundProbes(IServiceCollection services)
    {
        var yarp = services.Last(static service => service.ServiceType == typeof(IProbingRequestFactory)).ImplementationType!;
        services.AddSingleton<IProbingRequestFactory>(provider => ActivatorUtilities.CreateInstance<ProbeRequests>(
            provider, (IProbingRequestFactory)ActivatorUtilities.CreateInstance(provider, yarp)));
    }

    /// <summary>Metrics whose series are there from the start (<see cref="IStartsAtZero"/>).</summary>
    private static void AddZeroStarting<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(
        this IServiceCollection services)
        where T : class, IStartsAtZero =>
        services.AddSingleton<T>().AddSingleton<IStartsAtZero>(static provider => provider.GetRequiredService<T>());

    /// <summary>
    /// Serves requests: identity, access log, what HTTP asks of a proxy, routing, YARP. Terminal: what no route takes is 404.
    /// </summary>
    public static IApplicationBuilder UseHttpGateway(this IApplicationBuilder app)
    {
        app.UseMiddleware<HttpGatewayMiddleware>();
        app.UseMiddleware<RequestRules>();
        app.UseMiddleware<HttpRouteMatching>();
        app.UseRouting();
        app.UseWhen(static context => context.GetEndpoint()?.Metadata.GetMetadata<RequestTimeoutAttribute>() is not null, static timed =>
        {
            timed.UseRequestTimeouts();
            timed.Use(AnswerTimeoutAsync);
        });
        return app.UseEndpoints(static endpoints =>
        {
            endpoints.MapReverseProxy(static proxy =>
            {
                proxy.UseMiddleware<HttpRouteActions>();
                proxy.Use(BeginAsync);
                proxy.UseMiddleware<DrainMiddleware>();
                proxy.UseSessionAffinity();
                proxy.UseMiddleware<ConnectRetryMiddleware>();
                proxy.UseLoadBalancing();
                UsePassiveHealth(proxy);
            }).Add(HttpRouteEndpoints.Mark);
            // The data source that MapReverseProxy has just added.
            endpoints.ServiceProvider.GetRequiredService<HttpRouteEndpoints>().Follow(endpoints.DataSources.Last());
        });
    }

    /// <summary>
    /// YARP's middleware of passive health, which awaits each request. The requests of clusters without passive health go around it.
    /// </summary>
    private static void UsePassiveHealth(IReverseProxyApplicationBuilder proxy)
    {
        // The last middleware is built first.
        RequestDelegate? around = null;
        proxy.Use(next => context =>
            context.Features.Find<IReverseProxyFeature>() is { Cluster.Config.HealthCheck.Passive.Enabled: true }
                ? next(context)
                : around!(context));
        proxy.UsePassiveHealthChecks();
        proxy.Use(next => around = next);
    }

    /// <summary>A request has got its route.</summary>
    private static Task BeginAsync(HttpContext context, RequestDelegate next)
    {
        InterruptibleBody.Use(context);
        context.Features.Find<RequestRecord>()?.Begin();
        return next(context);
    }

    /// <summary>A route's Timeout: YARP takes it for a client that has gone, and would answer 400.</summary>
    private static async Task AnswerTimeoutAsync(HttpContext context, RequestDelegate next)
    {
        // Asked before: whoever ends the request takes the feature along.
        var timeout = context.Features.Find<IHttpRequestTimeoutFeature>();
        await next(context);
        if (timeout?.RequestTimeoutToken.IsCancellationRequested == true && !context.Response.HasStarted)
        {
            context.Response.StatusCode = StatusCodes.Status504GatewayTimeout;
        }
    }

    /// <summary>
    /// Session affinity encrypts cookies with data protection. Its keys are kept in memory: a key file in the home directory warns at start
    /// and is not shared between replicas either. (Across replicas and restarts, affinity needs YARP's HashCookie policy, which has no
    /// key.) And ASPNETCORE_FORWARDEDHEADERS_ENABLED would let everybody's X-Forwarded-For replace the connection's address.
    /// </summary>
    private static void RemoveForeignStartUp(IServiceCollection services)
    {
        services.Replace(ServiceDescriptor.Singleton<IDataProtectionProvider, LateDataProtection>());
        // Otherwise WebApplication puts a middleware before ours that asks every request for its policies. There are none (see above).
        services.RemoveAll<IAuthorizationHandlerProvider>();
        foreach (var foreign in services
                .Where(service => service.ImplementationType?.Name is "DataProtectionHostedService" or "ForwardedHeadersStartupFilter")
                .ToList())
        {
            services.Remove(foreign);
        }
    }
}
