using System.Net;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Names;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Health;

/// <summary>
/// Checks one destination until it is stopped: looks its addresses up, connects to each of them at once, publishes, waits. Costs one timer
/// and one connect per address and interval; nothing is queued.
/// </summary>
internal sealed partial class DestinationChecker : IAsyncDisposable
{
    // Of a family. A headless service resolves to every pod, and the kernel forwards to each that is checked; in an order of our own, since
    // name servers rotate theirs.
    private const int MostAddresses = 64;

    private readonly string _cluster;
    private readonly DestinationModel _destination;
    private readonly HealthCheckModel _rules;
    private readonly HostResolver _resolver;
    private readonly HealthMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly CheckRoom _room;
    private readonly Func<IPEndPoint, TimeSpan, CancellationToken, Task<bool?>> _probe;
    private readonly Action<DestinationChecker, bool> _onChange;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;
    private bool _isSpread;

    /// <summary>Begins to check.</summary>
    /// <param name="cluster">The cluster's name.</param>
    /// <param name="destination">A destination that is checked: what is found goes to its <see cref="DestinationModel.Health"/>.</param>
    /// <param name="rules">How.</param>
    /// <param name="resolver">Looks its name up.</param>
    /// <param name="metrics">Counts checks.</param>
    /// <param name="time">The clock.</param>
    /// <param name="room">Limits how many are under way.</param>
    /// <param name="probe">Asks one address.</param>
    /// <param name="onChange">Told when verdicts or addresses have changed, and whether the destination was healthy before.</param>
    /// <param name="logger">For faults.</param>
    public DestinationChecker(
        string cluster,
        DestinationModel destination,
        HealthCheckModel rules,
        HostResolver resolver,
        HealthMetrics metrics,
        TimeProvider time,
        CheckRoom room,
        Func<IPEndPoint, TimeSpan, CancellationToken, Task<bool?>> probe,
        Action<DestinationChecker, bool> onChange,
        ILogger logger)
    {
        (_cluster, _destination, _rules, _resolver, _metrics, _time, _room, _probe) = (
            cluster,
            destination,
            rules,
            resolver,
            metrics,
            time,
            room,
            probe);
        (_onChange, _logger, Health) = (onChange, logger, destination.Health!);
        _running = RunAsync();
    }

    /// <summary>What it has found.</summary>
    public DestinationHealth Health { get; }

    /// <summary>The cluster's name.</summary>
    public string Cluster => _cluster;

    /// <summary>The destination's name.</summary>
    public string Destination => _destination.Name;

    /// <summary>Completes with the first verdict.</summary>
    public Task First => _first.Task;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        // Off the caller's thread: the first look-up of a literal and a refused connect end at once.
        await Task.Yield();
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await CheckAllAsync();
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception fault)
            {
                // Our bug. The destination stays what it was, and is asked again.
                Log.Fault(_logger, _cluster, _destination.Name, fault);
            }

            _first.TrySetResult();
            await WaitAsync();
        }

        _first.TrySetResult();
    }

    private async Task CheckAllAsync()
    {
        var known = Health.Addresses;
        var addresses = await LookUpAsync(known);
        var verdicts = await Task.WhenAll(addresses.Select(address => CheckAsync(address.Address)));
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        var changed = !addresses.Select(static address => address.Address).SequenceEqual(known.Select(static address => address.Address));
        for (var i = 0; i < addresses.Length; i++)
        {
            changed |= addresses[i].Count(verdicts[i]);
        }

        var wasHealthy = Health.IsHealthy;
        Health.Publish(addresses);
        if (changed || wasHealthy != Health.IsHealthy)
        {
            _onChange(this, wasHealthy);
        }
    }

    // A name that cannot be looked up keeps the addresses that it had: the name server's trouble is not the destination's.
    private async Task<AddressHealth[]> LookUpAsync(IReadOnlyList<AddressHealth> known)
    {
        // A name server may take a dozen seconds not to answer: nobody who stops this waits for it.
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

    private async Task<bool?> CheckAsync(IPEndPoint address)
    {
        if (!_rules.Enabled)
        {
            return true;
        }

        bool? isGood;
        await _room.EnterAsync(_stop.Token);
        var began = _time.GetTimestamp();
        try
        {
            isGood = await _probe(address, _rules.Timeout, _stop.Token);
        }
        finally
        {
            _room.Leave();
        }

        if (!_stop.IsCancellationRequested && isGood is { } verdict)
        {
            _metrics.Checked(_cluster, _destination.Name, verdict, _time.GetElapsedTime(began));
        }

        return isGood;
    }

    private async Task WaitAsync()
    {
        // All begin at once, since their first verdicts are waited for. From there they are spread over the interval, and go on a tenth
        // more or less apart, so that checks of many destinations and gateways do not come in one burst.
        var wait = _rules.Interval * (_isSpread ? 0.9 + (0.2 * Random.Shared.NextDouble()) : Random.Shared.NextDouble());
        _isSpread = true;
        await Task.Delay(wait, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static partial class Log
    {
        [LoggerMessage(2032, LogLevel.Error, "Cluster {Cluster}: a fault of the gateway while it checked destination {Destination}")]
        public static partial void Fault(ILogger logger, string cluster, string destination, Exception fault);
    }
}
