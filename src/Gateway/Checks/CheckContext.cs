using System.Collections.Concurrent;
using Gateway.Configuration;
using Gateway.Snapshots;
using Gateway.Tcp.Engines;

namespace Gateway.Checks;

/// <summary>What a run of the checks is about. One run, one context: what several checks need to know is found out once.</summary>
internal sealed class CheckContext
{
    // Enough to be quick with hundreds of destinations, and no burst to a name server or a firewall.
    private const int AtOnce = 16;

    private readonly ConcurrentDictionary<(string Host, int Port, bool IsLoopback), Lazy<Task<Reach>>> _reached = new();
    private readonly ConcurrentDictionary<string, Lazy<Task<IReadOnlyList<IReadOnlyList<AddressVerdict>>>>> _headers = new();

    /// <summary>Makes a context.</summary>
    /// <param name="snapshot">A good configuration.</param>
    public CheckContext(GatewaySnapshot snapshot)
    {
        Snapshot = snapshot;
        Targets = BackendTargets.Of(snapshot);
    }

    /// <summary>The configuration, as the gateway would run it.</summary>
    public GatewaySnapshot Snapshot { get; }

    /// <summary>The same as written, with defaults.</summary>
    public GatewayConfig Config => Snapshot.Config;

    /// <summary>This process runs the configuration: it holds the listeners, and its rights were found to suffice.</summary>
    public bool IsRunning { get; init; }

    /// <summary>What time it is.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The listeners of this process, which no destination may be. Defaults to none.</summary>
    public OwnListeners OwnListeners { get; init; } = new();

    /// <summary>How far to go. Defaults to All.</summary>
    public CheckScope Scope { get; init; } = CheckScope.All;

    /// <summary>Every destination whose address the file says, TCP and HTTP.</summary>
    public IReadOnlyList<BackendTarget> Targets { get; }

    /// <summary>Resolves a destination and connects to it, once per run.</summary>
    public Task<Reach> ReachAsync(BackendTarget target, CancellationToken cancellation) =>
        _reached
            .GetOrAdd(
                (target.Host, target.Port, target.Loopback is not null),
                _ => new Lazy<Task<Reach>>(() => Reach.ProbeAsync(target, OwnListeners, cancellation)))
            .Value;

    /// <summary>
    /// How a destination's addresses take the PROXY headers that they get, or none, once per run: a list for each of these questions.
    /// </summary>
    public Task<IReadOnlyList<IReadOnlyList<AddressVerdict>>> TryHeadersAsync(BackendTarget target, CancellationToken cancellation) =>
        _headers
            .GetOrAdd(
                target.KeyPath,
                _ => new(async () => await HeaderProbe.RunAsync(target, (await ReachAsync(target, cancellation)).EndPoints, cancellation)))
            .Value;

    /// <summary>Does something for each item, several at once.</summary>
    public static Task ForEachAsync<T>(IEnumerable<T> items, Func<T, Task> action, CancellationToken cancellation) =>
        Parallel.ForEachAsync(
            items,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (item, _) => await action(item));
}
