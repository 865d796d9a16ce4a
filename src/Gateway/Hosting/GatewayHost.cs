using System.Diagnostics.Metrics;
using Gateway.Admin;
using Gateway.Admin.Api;
using Gateway.Checks;
using Gateway.Configuration;
using Gateway.Configuration.Files;
using Gateway.Configuration.Loading;
using Gateway.Handover;
using Gateway.Http;
using Gateway.Http.Backends.Clients;
using Gateway.Http.Requests;
using Gateway.Kubernetes.Endpoints;
using Gateway.Kubernetes.GatewayApi;
using Gateway.Kubernetes.GatewayApi.Translation;
using Gateway.Listeners;
using Gateway.Observability;
using Gateway.Observability.Logs;
using Gateway.Snapshots;
using Gateway.Tcp;
using Gateway.Tcp.AccessLogs;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Prologue;
using Gateway.Tcp.Status;
using Gateway.Tcp.Telemetry;
using Gateway.Tcp.Tls;
using Gateway.Tls;
using Microsoft.AspNetCore.Hosting.Server;

namespace Gateway.Hosting;

/// <summary>
/// Builds and runs the host: one application with one YARP and one TCP data plane, and a server that owns the listeners.
/// </summary>
internal static partial class GatewayHost
{
    /// <summary>Runs the gateway until a signal ends it.</summary>
    /// <param name="file">The configuration file.</param>
    /// <param name="environment">Environment variables that may override values of the file.</param>
    /// <param name="onStarted">Called when all listeners are bound.</param>
    /// <exception cref="StartupException">The gateway cannot start with this configuration; no listener is bound.</exception>
    public static async Task RunAsync(string file, IReadOnlyDictionary<string, string> environment, Action? onStarted)
    {
        var read = await new ConfigFileReading(file, TimeProvider.System).ReadAsync(ConfigFileReading.DefaultLimit, CancellationToken.None);
        if (read.Text is not { } text)
        {
            throw new StartupException(LogText.Sentence(read.Error!));
        }
        var source = new ConfigSource(file, text, environment);
        var result = ConfigReader.Parse(text, environment);
        if (result.Config is null)
        {
            throw new StartupException(string.Join(Environment.NewLine, result.Errors.Select(error => error.ToString())
                .Prepend($"{LogText.Sentence(file)} has {result.ErrorCount} error(s); nothing was started:")));
        }
        await using var app = Build(source, result);
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Gateway.Host");
        foreach (var name in ForeignSettings.Find(Environment.GetEnvironmentVariables()))
        {
            Log.ForeignSetting(logger, name);
        }
        foreach (var (name, value) in OtlpVariables.FindBadEndpoints(environment))
        {
            Log.BadEndpoint(logger, name, value);
        }
        foreach (var warning in result.Warnings)
        {
            Log.ConfigWarning(logger, warning.ToString());
        }
        using var predecessor = TakeSockets(app.Services, result.Config.Handover, logger);
        await app.StartAsync();
        Log.Started(logger, GatewayVersion.Text, file, app.Services.GetRequiredService<TcpDataPlane>().EngineName);
        if (predecessor is not null)
        {
            Log.TookOver(logger, await Task.Run(predecessor.TakePlace));
        }
        if (result.Config.Handover is { } handover && app.Services.GetRequiredService<HandoverServer>().Start(handover) is { } problem)
        {
            Log.NoHandover(logger, problem);
        }
        onStarted?.Invoke();
        app.Services.GetRequiredService<SelfTest>().Begin();
        await app.WaitForShutdownAsync();
    }

    /// <summary>Takes over listening sockets that exist already, so that no connection is refused between two processes.</summary>
    /// <exception cref="StartupException">Another gateway runs, and does not hand over.</exception>
    private static Predecessor? TakeSockets(IServiceProvider services, HandoverConfig? handover, ILogger logger)
    {
        var inherited = services.GetRequiredService<InheritedSockets>();
        inherited.Add(SystemdSockets.Take(out var refused));
        foreach (var problem in refused)
        {
            Log.SocketRefused(logger, problem);
        }
        try
        {
            if (handover is null || !OperatingSystem.IsLinux() || Predecessor.Find(handover) is not { } predecessor)
            {
                return null;
            }
            inherited.Add(predecessor.Sockets);
            if (predecessor.TableLock is var (table, held) && services.GetRequiredService<TcpDataPlane>().TryAdoptDnatLock(table, held))
            {
                predecessor.TakenTable = table;
            }
            return predecessor;
        }
        catch (HandoverException problem)
        {
            throw new StartupException(problem.Message);
        }
    }

    private static WebApplication Build(ConfigSource source, ConfigResult result)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Gateway" });
        var secrets = new SecretFiles();
        var certificates = new CertificateStore(
            TimeProvider.System, path => SecretFiles.IsSecret(path) ? secrets.Read(path) : PemFile.ReadText(path));
        var kubernetes = new ServiceRegistry(TimeProvider.System);
        var snapshot = SnapshotBuilder.Build(result, certificates: certificates, services: kubernetes);
        var logging = new SnapshotLogging();
        logging.Update(snapshot.Logging);
        ((IConfigurationBuilder)builder.Configuration).Add(logging);
        // The OpenTelemetry SDK reads its variables from the configuration. No other environment variables are added.
        builder.Configuration.AddInMemoryCollection(
            source
                .Environment.Where(variable =>
                    variable.Key.StartsWith("OTEL_", StringComparison.Ordinal) && variable.Key != OtlpVariables.Disabled)
                .Select(variable => KeyValuePair.Create(variable.Key, (string?)variable.Value)));
        builder.Logging.AddGatewayLogging(builder.Configuration);

        var services = builder.Services;
        services.AddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddRouting();
        services.AddGatewayTelemetry(source.Environment, RequestSpan.Describe, snapshot.Config);
        services.AddSingleton(new ConnectionLimit(snapshot.Config.Limits.MaxConnections));
        services.AddSingleton(provider => new HttpLoops(provider.GetRequiredService<TcpDataPlane>().Loops));
        services.AddSingleton(provider => new TcpDataPlane(
            snapshot.Config.TcpProxy.Engine,
            snapshot.Config.TcpProxy.Accept,
            provider.GetRequiredService<ILoggerFactory>(),
            provider.GetRequiredService<IMeterFactory>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ConnectionLimit>(),
            snapshot.Config.TcpProxy.Dnat.Table,
            provider.GetRequiredService<OwnListeners>(),
            provider.GetRequiredService<PrologueMetrics>(),
            provider.GetRequiredService<TlsMetrics>(),
            provider.GetRequiredService<HandshakeLimit>(),
            provider.GetRequiredService<ListenerAdmissions>(),
            provider.GetRequiredService<ClosedConnections>(),
            provider.GetRequiredService<AccessLogState>()));
        services.AddHttpGateway();
        services.AddAdminApi();
        services.AddSingleton<Readiness>();
        services.AddSingleton<ClusterReadiness>();
        services.AddSingleton<ProcessMetrics>();
        services.AddSingleton<RunningListenerFactory>();
        services.AddSingleton(logging);
        services.AddSingleton(certificates);
        services.AddSingleton(secrets);
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<ClusterRoutes>(provider, source.Environment));
        services.AddSingleton(kubernetes);
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<ServiceWatch>(provider, source.Environment));
        services.AddSingleton<CertificateMetrics>();
        services.AddSingleton<CertificateWatch>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<GatewayRuntime>(provider, snapshot));
        services.AddSingleton<InheritedSockets>();
        services.AddSingleton<GatewayServer>();
        services.AddSingleton<IHandover>(provider => provider.GetRequiredService<GatewayServer>());
        services.AddSingleton<HandoverServer>();
        services.AddSingleton<IServer>(provider => provider.GetRequiredService<GatewayServer>());
        services.AddSingleton<IHostLifetime, GatewayLifetime>();
        services.AddSingleton(source);
        services.AddSingleton<SelfTest>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<RestartKeys>(provider, snapshot.Config));
        services.AddHostedService<ConfigReloader>();
        // GatewayServer limits its drain itself by the file's Shutdown section, which may change while the gateway runs.
        services.Configure<HostOptions>(options => options.ShutdownTimeout = Timeout.InfiniteTimeSpan);

        var app = builder.Build();
        // Created here, because no other service needs it, but its metrics must exist.
        _ = app.Services.GetRequiredService<ProcessMetrics>();
        app.UseAdminEndpoints();
        app.UseHttpGateway();
        return app;
    }

    private static partial class Log
    {
        [LoggerMessage(1020, LogLevel.Information, "Gateway {Version} runs {File}; TCP engine {Engine}")]
        public static partial void Started(ILogger logger, string version, string file, string engine);

        [LoggerMessage(
            1021,
            LogLevel.Warning,
            "The environment variable {Name} has no effect: listeners and trust come from the configuration file alone"
        )]
        public static partial void ForeignSetting(ILogger logger, string name);

        [LoggerMessage(1024, LogLevel.Warning, "{Problem}")]
        public static partial void SocketRefused(ILogger logger, string problem);

        [LoggerMessage(1025, LogLevel.Information, "Took over the listeners of the process before; it accepts no more: {Confirmed}")]
        public static partial void TookOver(ILogger logger, bool confirmed);

        [LoggerMessage(1026, LogLevel.Error, "No process can take this one's place: {Problem}")]
        public static partial void NoHandover(ILogger logger, string problem);

        [LoggerMessage(1022, LogLevel.Warning, "{Warning}")]
        public static partial void ConfigWarning(ILogger logger, string warning);

        [LoggerMessage(
            1023,
            LogLevel.Warning,
            "The environment variable {Name} is no URL ({Value}): nothing is exported there. Write it as http://host:4317"
        )]
        public static partial void BadEndpoint(ILogger logger, string name, string value);
    }
}
