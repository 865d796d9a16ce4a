using Gateway.Configuration;
using Gateway.Kubernetes.Client;
using Gateway.Kubernetes.GatewayApi.Translation;

namespace Gateway.Kubernetes.GatewayApi;

/// <summary>Follows one class of one API server, and writes its statuses.</summary>
internal sealed class ClassSession : IAsyncDisposable
{
    // A kubectl apply of several objects is one change. A change is promised within a second.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    // After this time a port that was in use may be free.
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);

    private readonly ApiClient _client;
    private readonly StatusWriter _statuses;
    private readonly ITimer _gather;
    private readonly ITimer _again;
    private readonly Action _onChange;
    private int _isGathering;

    /// <summary>Begins.</summary>
    /// <param name="access">Where the API server is.</param>
    /// <param name="config">The class and the addresses.</param>
    /// <param name="metrics">Counts.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears when the server is lost and found.</param>
    /// <param name="onChange">Called soon after a change, from any thread, once all objects are known.</param>
    public ClassSession(
        ApiAccess access, KubernetesConfig config, KubernetesMetrics metrics, TimeProvider time, ILogger logger, Action onChange)
    {
        (Access, ClassName, Addresses, _onChange) = (access, config.GatewayClass!, config.GatewayAddresses, onChange);
        _client = new ApiClient(access);
        // Two timers, because a second try must not put a change off.
        _gather = time.CreateTimer(_ => Tell(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _again = time.CreateTimer(_ => Tell(), null, Look, Timeout.InfiniteTimeSpan);
        var election = new LeaderElection(
            _client,
            access.Namespace ?? "default",
            $"gateway-api-{config.GatewayClass}",
            $"{Environment.MachineName}_{Guid.NewGuid():N}",
            time);
        _statuses = new StatusWriter(_client, election, time, logger);
        Watch = new ObjectWatch(_client, metrics, time, logger, Gather);
    }

    /// <summary>Where the API server is.</summary>
    public ApiAccess Access { get; }

    /// <summary>The class.</summary>
    public string ClassName { get; }

    /// <summary>The addresses on which clients reach the gateway.</summary>
    public IReadOnlyList<string> Addresses { get; set; }

    /// <summary>The objects.</summary>
    public ObjectWatch Watch { get; }

    /// <summary>A merged configuration is in force.</summary>
    /// <param name="objects">What the statuses say.</param>
    /// <param name="isPartial">Whether this host could not run all of it, so that it is tried again.</param>
    public void Applied(TranslatedObjects objects, bool isPartial)
    {
        _statuses.Write(objects, Addresses);
        if (isPartial)
        {
            _again.Change(Retry, Timeout.InfiniteTimeSpan);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _gather.DisposeAsync();
        await _again.DisposeAsync();
        await Watch.DisposeAsync();
        await _statuses.DisposeAsync();
        _client.Dispose();
    }

    // The first change sets the time, and later ones do not put it off: a cluster that never rests is followed too.
    private void Gather()
    {
        if (Interlocked.Exchange(ref _isGathering, 1) == 0)
        {
            _gather.Change(Gathering, Timeout.InfiniteTimeSpan);
        }
    }

    private void Tell()
    {
        Volatile.Write(ref _isGathering, 0);
        if (Watch.IsSynced)
        {
            _onChange();
        }
        else
        {
            // That a type is not there is no change of an object.
            _again.Change(Look, Timeout.InfiniteTimeSpan);
        }
    }
}
