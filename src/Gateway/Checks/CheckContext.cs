using System.Collections.Concurrent;
using Gateway.Configuration;
using Gateway.Snapshots;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tls;

namespace Gateway.Checks;

/// <summary>
/// The input of one run of the checks. It also caches facts that several checks need, so that each is found out once per run.
/// </summary>
internal sealed class CheckContext
{
    // Enough to be quick with hundreds of destinations, but no burst for a name server or a firewall.
    private const int AtOnce = 16;

    private readonly Lazy<Task<IReadOnlyList<Finding>>> _certificates;
    private readonly ConcurrentDictionary<(string Host, int Port, bool IsLoopback), Lazy<Task<Reach>>> _reached = new();
    private readonly ConcurrentDictionary<string, Lazy<Task<IReadOnlyList<IReadOnlyList<AddressVerdict>>>>> _headers = new();

    /// <summary>Makes a context.</summary>
    /// <param name="snapshot">A valid configuration.</param>
    public CheckContext(GatewaySnapshot snapshot)
    {
        Snapshot = snapshot;
        Targets = BackendTargets.Of(snapshot);
        _certificates = new(() => IsRunning
            ? Task.FromResult<IReadOnlyList<Finding>>([.. snapshot.Tls.Problems])
            : new CertificateStore(Time).LoadAsync(snapshot.Tls));
    }

    /// <summary>The configuration in the form that the gateway runs.</summary>
    public GatewaySnapshot Snapshot { get; }

    /// <summary>The configuration as written in the file, with defaults.</summary>
    public GatewayConfig Config => Snapshot.Config;

    /// <summary>This process runs the configuration: it has bound the listeners, and its rights were sufficient at start.</summary>
    public bool IsRunning { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The listeners of this process; a destination must not be one of them. Defaults to none.</summary>
    public OwnListeners OwnListeners { get; init; } = new();

    /// <summary>Which checks to run. Defaults to All.</summary>
    public CheckScope Scope { get; init; } = CheckScope.All;

    /// <summary>All destinations whose address the file names, TCP and HTTP.</summary>
    public IReadOnlyList<BackendTarget> Targets { get; }

    /// <summary>
    /// What is wrong with the files of certificates, once per run. They are read for it, unless the gateway itself has read them and
    /// watches them.
    /// </summary>
    public Task<IReadOnlyList<Finding>> LoadCertificatesAsync() => _certificates.Value;

    /// <summary>Resolves a destination and connects to it, once per run.</summary>
    public Task<Reach> ReachAsync(BackendTarget target, CancellationToken cancellation) =>
        _reached
            .GetOrAdd(
                (target.Host, target.Port, target.Loopback is not null),
                _ => new Lazy<Task<Reach>>(() => Reach.ProbeAsync(target, OwnListeners, cancellation)))
            .Value;

    /// <summary>
    /// Finds out, once per run, how a destination's addresses react to the PROXY headers that they get, or to none. The result has one list
    /// of verdicts for each version of the header that is sent, and one for no header.
    /// </summary>
    public Task<IReadOnlyList<IReadOnlyList<AddressVerdict>>> TryHeadersAsync(BackendTarget target, CancellationToken cancellation) =>
        _headers
            .GetOrAdd(
                target.KeyPath,
                _ => new(async () => await HeaderProbe.RunAsync(target, (await ReachAsync(target, cancellation)).EndPoints, cancellation)))
            .Value;

    /// <summary>Runs an action for each item, several at once.</summary>
    public static Task ForEachAsync<T>(IEnumerable<T> items, Func<T, Task> action, CancellationToken cancellation) =>
        Parallel.ForEachAsync(
            items,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (item, _) => await action(item));
}
