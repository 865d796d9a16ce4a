using System.Net;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Health.Probes;
using Gateway.Tcp.Names;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Health;

/// <summary>
/// Checks one destination until the checker is disposed: it looks the addresses up, checks all of them at once, publishes the results and
/// waits for the interval. This costs one timer, and one connection per address and interval; nothing is queued. When the addresses change
/// meanwhile, it checks the new ones at once, because an address without a verdict is used, and a destination whose old addresses have all
/// failed is not. The others are left alone: Rise and Fall count intervals.
/// </summary>
internal sealed partial class DestinationChecker : IAsyncDisposable
{
    // The most addresses of a family. A headless service resolves to every pod, and the kernel forwards to each healthy address. Addresses
    // are sorted before they are cut to this number, because name servers rotate the order of their answers.
    private const int MostAddresses = 64;

    // Between two looks at changed addresses. A rollout changes them many times, and a name server may give others with each answer.
    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(1);

    private readonly DestinationModel _destination;
    private readonly HealthCheckModel _rules;
    private readonly HostResolver _resolver;
    private readonly HealthMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly CheckRoom _room;
    private readonly Func<ProbeTarget, CancellationToken, Task<ProbeResult>> _probe;
    private readonly Action<DestinationChecker, bool> _onChange;
    private readonly Action<DestinationChecker, IPEndPoint> _onDown;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;
    private TaskCompletionSource _news = New();
    private volatile ClusterModel _cluster;
    private bool _isSpread;

    /// <summary>Begins to check.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="destination">The destination to check. The results go to its <see cref="DestinationModel.Health"/>.</param>
    /// <param name="resolver">Looks the destination's name up.</param>
    /// <param name="metrics">Counts checks.</param>
    /// <param name="time">The clock.</param>
    /// <param name="room">Limits how many checks run at once.</param>
    /// <param name="probe">Checks one address.</param>
    /// <param name="onChange">Called when verdicts or addresses have changed, with whether the destination was healthy before.</param>
    /// <param name="onDown">Called when an address is taken out of use.</param>
    /// <param name="logger">For failed checks and faults.</param>
    public DestinationChecker(
        ClusterModel cluster,
        DestinationModel destination,
        HostResolver resolver,
        HealthMetrics metrics,
        TimeProvider time,
        CheckRoom room,
        Func<ProbeTarget, CancellationToken, Task<ProbeResult>> probe,
        Action<DestinationChecker, bool> onChange,
        Action<DestinationChecker, IPEndPoint> onDown,
        ILogger logger)
    {
        (_cluster, _destination, _rules, _resolver, _metrics, _time, _room, _probe) = (
            cluster,
            destination,
            cluster.HealthCheck!,
            resolver,
            metrics,
            time,
            room,
            probe);
        (_onChange, _onDown, _logger, Health) = (onChange, onDown, logger, destination.Health!);
        _destination.State.Addresses.Changed += OnNews;
        if (_destination.Source is { } source)
        {
            source.Changed += OnNews;
        }

        _running = RunAsync();
    }

    /// <summary>The results of the checks.</summary>
    public DestinationHealth Health { get; }

    /// <summary>The cluster's name.</summary>
    public string Cluster => _cluster.Name;

    /// <summary>The destination's name.</summary>
    public string Destination => _destination.Name;

    /// <summary>The destination as it was when its checks began.</summary>
    public DestinationModel DestinationModel => _destination;

    /// <summary>The cluster as it is configured now. Its rules of checks are those of this checker; its TLS may have changed.</summary>
    public ClusterModel Model
    {
        get => _cluster;
        set => _cluster = value;
    }

    /// <summary>Completes with the first verdict.</summary>
    public Task First => _first.Task;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _destination.State.Addresses.Changed -= OnNews;
        if (_destination.Source is { } source)
        {
            source.Changed -= OnNews;
        }

        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        // Leaves the caller's thread, because the first look-up of a literal and a refused connect may complete at once.
        await Task.Yield();
        while (!_stop.IsCancellationRequested)
        {
            await TryCheckAsync(isNewOnly: false);
            _first.TrySetResult();
            await WaitAsync();
        }

        _first.TrySetResult();
    }

    private async Task TryCheckAsync(bool isNewOnly)
    {
        try
        {
            await CheckAllAsync(isNewOnly);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The end of the checker.
        }
        catch (Exception fault)
        {
            // A bug of the gateway. The destination keeps its verdict, and is checked again after the interval.
            Log.Fault(_logger, Cluster, Destination, fault);
        }
    }

    private async Task CheckAllAsync(bool isNewOnly)
    {
        // Before the look-up: a change that the look-up does not see makes the next one.
        Interlocked.Exchange(ref _news, New());
        var known = Health.Addresses;
        var addresses = await LookUpAsync(known);
        var verdicts = await Task.WhenAll(addresses.Select(address =>
            isNewOnly && known.Contains(address) ? Task.FromResult(ProbeResult.None) : CheckAsync(address.Address)));
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        var changed = !addresses.Select(static address => address.Address).SequenceEqual(known.Select(static address => address.Address));
        List<IPEndPoint>? down = null;
        for (var i = 0; i < addresses.Length; i++)
        {
            var wasDown = addresses[i].IsDown;
            var hasTurned = addresses[i].Count(verdicts[i].IsGood, verdicts[i].Why);
            changed |= hasTurned;
            if (addresses[i].IsDown && !wasDown)
            {
                (down ??= []).Add(addresses[i].Address);
            }

            Report(addresses[i], verdicts[i], hasTurned && addresses.Length > 1);
        }

        var wasHealthy = Health.IsHealthy;
        Health.Publish(addresses);
        // New connections avoid the address from now on, so the connections that end here are all that the address has.
        down?.ForEach(address => _onDown(this, address));
        if (changed || wasHealthy != Health.IsHealthy)
        {
            _onChange(this, wasHealthy);
        }
    }

    // A name that cannot be looked up keeps its last addresses, because a failure of the name server says nothing about the destination.
    private async Task<AddressHealth[]> LookUpAsync(IReadOnlyList<AddressHealth> known)
    {
        // A question to a dead name server may take a dozen seconds, and the stop of this checker must not wait for it.
        var found = await _resolver.ResolveAsync(_destination).AsTask().WaitAsync(_stop.Token);
        return found.Length == 0
            ? [.. known]
            :
            [
                .. found
                    .GroupBy(static address => address.AddressFamily)
                    .OrderBy(static family => family.Key)
                    .SelectMany(static family =>
                        family
                            .OrderBy(static address => Convert.ToHexString(address.Address.GetAddressBytes()), StringComparer.Ordinal)
                            .Take(MostAddresses))
                    .Select(address => known.FirstOrDefault(one => one.Address.Equals(address)) ?? new AddressHealth(address, _rules)),
            ];
    }

    private async Task<ProbeResult> CheckAsync(IPEndPoint address)
    {
        if (!_rules.Enabled)
        {
            return ProbeResult.Good;
        }

        ProbeResult result;
        await _room.EnterAsync(_stop.Token);
        var began = _time.GetTimestamp();
        try
        {
            result = await _probe(new ProbeTarget(address, _destination, _rules, _cluster.Tls), _stop.Token);
        }
        finally
        {
            _room.Leave();
        }

        if (!_stop.IsCancellationRequested && result.IsGood is { } verdict)
        {
            _metrics.Checked(Cluster, Destination, verdict, result.Took ?? _time.GetElapsedTime(began));
        }

        return result;
    }

    // The state of the destination as a whole is reported by the monitor.
    private void Report(AddressHealth address, ProbeResult result, bool isNews)
    {
        if (result.IsGood == false)
        {
            Log.Failed(_logger, Cluster, Destination, address.Address, _rules.Probe.Kind, result.Why);
        }

        if (isNews && address.IsHealthy)
        {
            Log.AddressHealthy(_logger, Cluster, Destination, address.Address);
        }
        else if (isNews)
        {
            Log.AddressUnhealthy(_logger, Cluster, Destination, address.Address, _rules.Probe.Kind, address.LastFailure);
        }
    }

    private async Task WaitAsync()
    {
        // All checkers begin at once, because a new configuration waits for the first verdicts. The second check comes at a random time
        // within the interval, and each further wait is up to a tenth shorter or longer than the interval. So the checks of many
        // destinations and gateways do not come in one burst.
        var wait = _rules.Interval * (_isSpread ? 0.9 + (0.2 * Random.Shared.NextDouble()) : Random.Shared.NextDouble());
        _isSpread = true;
        var interval = Task.Delay(wait, _time, _stop.Token);
        while (await Task.WhenAny(interval, Volatile.Read(ref _news).Task) != interval)
        {
            await TryCheckAsync(isNewOnly: true);
            await Task.WhenAny(interval, Task.Delay(Gap, _time, _stop.Token));
        }
    }

    private void OnNews() => Volatile.Read(ref _news).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static partial class Log
    {
        [LoggerMessage(
            2060,
            LogLevel.Debug,
            "Cluster {Cluster}: the {Kind} check of destination {Destination} at {Address} failed: {Why}"
        )]
        public static partial void Failed(
            ILogger logger, string cluster, string destination, IPEndPoint address, TcpHealthCheckKind kind, string? why);

        [LoggerMessage(
            2061,
            LogLevel.Information,
            "Cluster {Cluster}: address {Address} of destination {Destination} is left out, its {Kind} checks fail: {Why}"
        )]
        public static partial void AddressUnhealthy(
            ILogger logger, string cluster, string destination, IPEndPoint address, TcpHealthCheckKind kind, string? why);

        [LoggerMessage(
            2062,
            LogLevel.Information,
            "Cluster {Cluster}: address {Address} of destination {Destination} answers health checks"
        )]
        public static partial void AddressHealthy(ILogger logger, string cluster, string destination, IPEndPoint address);

        [LoggerMessage(2032, LogLevel.Error, "Cluster {Cluster}: a fault of the gateway while it checked destination {Destination}")]
        public static partial void Fault(ILogger logger, string cluster, string destination, Exception fault);
    }
}
