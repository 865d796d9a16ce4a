using Gateway.Configuration;
using Gateway.Configuration.Loading;
using Gateway.Kubernetes.Client;
using Gateway.Kubernetes.Endpoints;
using Gateway.Kubernetes.GatewayApi.Translation;
using Gateway.Tcp.Configuration;

namespace Gateway.Kubernetes.GatewayApi;

/// <summary>
/// The routes that come from a cluster (<c>Kubernetes:GatewayClass</c>). Off, it has no client, no connection and no timer.
/// <para>
/// 1. It follows the objects, and says soon after a change that there is one. 2. Whoever puts configurations in force merges the file's
/// with the objects, and says what came of it. 3. Then the statuses are written.
/// </para>
/// </summary>
/// <param name="environment">The environment, for the address of the API server.</param>
/// <param name="secrets">Hears which Secrets there are.</param>
/// <param name="endpoints">For the metrics that both share.</param>
/// <param name="time">The clock.</param>
/// <param name="loggers">For watches and statuses.</param>
internal sealed partial class ClusterRoutes(
    IReadOnlyDictionary<string, string> environment,
    SecretFiles secrets,
    ServiceWatch endpoints,
    TimeProvider time,
    ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger("Gateway.Kubernetes");
    private volatile ClassSession? _session;
    private volatile bool _isStarting = true;
    private string? _said;

    /// <summary>There may be something new to merge. From any thread.</summary>
    public event Action? Changed;

    /// <summary>Whether there is something to merge: the feature is on, and the objects are known.</summary>
    public bool IsReady => _session?.Watch.IsSynced == true;

    /// <summary>
    /// Whether the gateway was started with a class whose routes are not in force yet. A class that a reload brings is not waited for,
    /// because the gateway serves its other routes meanwhile.
    /// </summary>
    public bool IsStarting => _isStarting && _session is not null;

    /// <summary>Follows the class that the configuration names, from now on. Only one caller at a time.</summary>
    /// <param name="config">The section <c>Kubernetes</c>; null: there is none.</param>
    /// <returns>What is missing; null: nothing.</returns>
    public Finding? Follow(KubernetesConfig? config)
    {
        var access = config?.GatewayClass is null ? null : ApiAccess.From(config, environment);
        if (config?.GatewayClass is not null && access is null)
        {
            return new Finding(
                "Kubernetes:GatewayClass",
                "the gateway is in no pod that would know the API server",
                "write its address in Kubernetes:ApiServer, and TokenPath and CaPath");
        }

        if (_session is { } before && before.Access == access && before.ClassName == config!.GatewayClass)
        {
            before.Addresses = config.GatewayAddresses;
            return null;
        }

        _ = _session?.DisposeAsync().AsTask();
        _session = access is null
            ? null
            : new ClassSession(access, config!, endpoints.Metrics, time, _logger, () => Changed?.Invoke());
        _isStarting &= access is not null;
        return null;
    }

    /// <summary>Merges the objects as they are now with the file's configuration.</summary>
    /// <param name="file">The file's configuration.</param>
    /// <param name="refused">Entries that this host cannot run, by key path.</param>
    public MergedConfig Merge(ConfigResult file, IReadOnlyDictionary<string, string> refused)
    {
        var session = _session ?? throw new InvalidOperationException("There is no class to follow.");
        var objects = session.Watch.Objects();
        secrets.Update(objects.Secrets);
        return ConfigMerge.Merge(file, session.ClassName, objects, refused);
    }

    /// <summary>A merged configuration is in force.</summary>
    /// <param name="merged">The configuration.</param>
    /// <param name="isPartial">Whether this host could not run all of it, so that it is tried again.</param>
    public void Applied(MergedConfig merged, bool isPartial)
    {
        _isStarting = false;
        Tell(merged.Objects);
        _session?.Applied(merged.Objects, isPartial);
    }

    /// <summary>Ends. Both the stop of the host and the end of its services ask for this, so a second call does nothing.</summary>
    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _session, null)?.DisposeAsync() ?? ValueTask.CompletedTask;

    private void Tell(TranslatedObjects objects)
    {
        var lines = objects.Routes.Keys.Select(name => $"{objects.Origins[$"TcpProxy:Routes:{name}"]} as {name}")
            .Concat(objects.HttpRoutes.Keys.Select(name => $"{objects.Origins[$"ReverseProxy:Routes:{name}"]} as {name}"))
            .Concat(objects.RouteStatuses.SelectMany(static status => status.Parents.SelectMany(parent => parent.Conditions)
                .Where(static condition => !condition.IsTrue)
                .Select(condition => $"{status.Kind} {status.Object.Key}: {condition.Reason}: {condition.Message}")))
            .Distinct();
        var text = string.Join("; ", lines);
        if (text != _said)
        {
            _said = text;
            var routes = objects.Routes.Count + objects.HttpRoutes.Count;
            Log.InForce(_logger, objects.Listeners.Count, routes, text.Length == 0 ? "no routes" : text);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1720, LogLevel.Information, "Gateway API: {Listeners} listeners and {Routes} routes are in force: {Entries}")]
        public static partial void InForce(ILogger logger, int listeners, int routes, string entries);
    }
}
