using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Gateway.Linux.Netfilter;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Pipeline;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Dnat;

/// <summary>
/// Keeps our nftables table (<see cref="DnatTable"/>) what configuration and health say.
/// 1. <see cref="Check"/> asks for everything that is needed, before anything is changed; unless it is on trial, it also takes the table's
/// lock.
/// 2. <see cref="Apply"/> makes the first transaction. It replaces whatever dead predecessors left, under the same name or another, in one
/// step: no connection is lost in between.
/// 3. A loop brings what changes: a destination that dies or comes back, a name that moves. It also looks whether the table is still there:
/// a firewall that reloads its rules ("flush ruleset") takes ours with them.
/// 4. At the end <see cref="StopTaking"/>, <see cref="DrainAsync"/>, <see cref="Remove"/>.
/// Established connections are conntrack's: no change of rules touches them. But translation ends with the last nat chain of the machine,
/// so ours stays until the drain is over.
/// </summary>
internal sealed partial class DnatKernel : IAsyncDisposable
{
    /// <summary>How long a table that somebody removed is missing at most, and the age of what is counted outside of scrapes.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan DrainPoll = TimeSpan.FromMilliseconds(250);

    // Names may move as often as they like while we run; connections that old are not worth waiting for.
    private const int MostRemembered = 4096;

    private readonly DnatTable _table;
    private readonly DnatCounters _counters;
    private readonly DnatMetrics _metrics;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<int> _ports = [];
    private readonly HashSet<IPEndPoint> _destinations = [];

    // As the kernel has them: health may have changed since.
    private List<(string Route, int Destinations)> _carried = [];
    private DnatModel _model = DnatModel.Empty;
    private DnatRuleset? _applied;
    private Task _loop = Task.CompletedTask;
    private volatile bool _isStale = true;
    private (bool V4, bool V6) _switches;
    private bool _isOurs;
    private bool _isTaking = true;
    private bool _isFirst = true;

    /// <summary>Makes nothing yet.</summary>
    /// <param name="table">The table, which is disposed with this.</param>
    /// <param name="meters">For the instruments.</param>
    /// <param name="tcp">The TCP path's instruments.</param>
    /// <param name="loggers">For what operators are to know.</param>
    /// <param name="time">The clock.</param>
    public DnatKernel(DnatTable table, IMeterFactory meters, TcpMetrics tcp, ILoggerFactory loggers, TimeProvider time)
    {
        _table = table;
        _time = time;
        _logger = loggers.CreateLogger<DnatKernel>();
        _metrics = new DnatMetrics(meters, tcp, CollectForScrape);
        _counters = new DnatCounters(table, _metrics, LookInterval, _logger, time);
    }

    /// <summary>What is missing for a model that is about to be applied, each with the cure; empty: nothing. Changes nothing.</summary>
    /// <param name="model">The model.</param>
    public IReadOnlyList<Finding> Check(DnatModel model)
    {
        lock (_gate)
        {
            return DnatRequirements.FindMissing(model, _table, isTrial: false);
        }
    }

    /// <summary>
    /// Makes a model the one in force; <see cref="Check"/> found nothing missing. Destinations without a verdict get nothing yet:
    /// <see cref="Wake"/>.
    /// </summary>
    /// <returns>Why the kernel refused it: nothing was changed then. Empty: it is in force.</returns>
    public IReadOnlyList<Finding> Apply(DnatModel model)
    {
        lock (_gate)
        {
            using var abandoned = _isFirst ? FindAbandoned(needsTable: !model.IsEmpty) : null;
            _isFirst = false;
            if (!_table.IsOpen || (model.IsEmpty && !_isOurs && abandoned is null))
            {
                return [];
            }

            var before = _model;
            (_model, _isStale) = (model, true);
            _counters.Forget();
            var refusal = Bring(abandoned);
            if (!refusal.IsDone)
            {
                _model = before;
                if (model.IsEmpty && !_isOurs)
                {
                    // Nothing that this configuration needs: what a predecessor left is no reason not to start.
                    Log.ChangeFailed(_logger, _table.Name, refusal.Error);
                    return [];
                }

                return [model.IsEmpty ? new Finding("", refusal.Error) : DnatRequirements.Explain(model, refusal)];
            }

            if (_loop.IsCompleted)
            {
                _loop = RunAsync();
            }

            return [];
        }
    }

    /// <summary>Health has changed: the kernel learns of it soon. Returns at once.</summary>
    public void Wake()
    {
        _isStale = true;
        lock (_wake)
        {
            if (_wake.CurrentCount == 0)
            {
                _wake.Release();
            }
        }
    }

    /// <summary>New connections are not taken any more; those that exist go on.</summary>
    public void StopTaking()
    {
        _stop.Cancel();
        lock (_gate)
        {
            (_isTaking, _isStale) = (false, true);
            if (_isOurs && Bring() is { IsDone: false, IsAbsent: false } refusal)
            {
                Log.ChangeFailed(_logger, _table.Name, refusal.Error);
            }
        }
    }

    /// <summary>Waits for forwarded connections to end. Does not throw when time runs out.</summary>
    public async Task DrainAsync(TimeSpan timeout)
    {
        var began = _time.GetTimestamp();
        var asked = began;
        int? left;
        while ((left = CountLive()) > 0 && _time.GetElapsedTime(began) < timeout)
        {
            // A table of a million connections takes long to read: a tenth of the time is enough for it.
            var cost = _time.GetElapsedTime(asked) * 9;
            await Task.Delay(cost > DrainPoll ? cost : DrainPoll, _time);
            asked = _time.GetTimestamp();
        }

        if (left > 0)
        {
            Log.Outlived(_logger, left.Value, _table.Name);
        }
    }

    /// <summary>Removes the table. Safe to call twice, and from a signal's thread.</summary>
    public void Remove()
    {
        lock (_gate)
        {
            if (!_isOurs || !_table.IsOpen)
            {
                return;
            }

            ReadCounters();
            var result = _table.Run(new NftCommands(_table.Name).DeleteTable());
            _isOurs = false;
            _applied = null;
            if (result is { IsDone: false, IsAbsent: false })
            {
                Log.ChangeFailed(_logger, _table.Name, result.Error);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Remove();
        lock (_gate)
        {
            _table.Dispose();
        }

        _wake.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var woken = _wake.WaitAsync(_stop.Token);
        while (!_stop.IsCancellationRequested)
        {
            await woken.WaitAsync(LookInterval, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            woken = woken.IsCompleted ? _wake.WaitAsync(_stop.Token) : woken;
            try
            {
                Repair();
            }
#pragma warning disable CA1031 // A loop that ends would leave rules that follow nothing any more, and say so nowhere.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                _isStale = true;
                Log.Fault(_logger, _table.Name, fault);
            }
        }
    }

    private void Repair()
    {
        lock (_gate)
        {
            if (_stop.IsCancellationRequested || !_isOurs)
            {
                return;
            }

            ReadCounters();
            if (Bring() is { IsDone: false } refusal)
            {
                Log.ChangeFailed(_logger, _table.Name, refusal.Error);
            }
        }
    }

    // Under the gate, once.
    private AbandonedTables? FindAbandoned(bool needsTable)
    {
        var found = _table.FindAbandoned(needsTable, table => Log.Abandoned(_logger, table), out var problem);
        if (problem is not null)
        {
            Log.ChangeFailed(_logger, _table.Name, problem);
        }

        return found;
    }

    private DnatTargets Targets => DnatTargets.Healthy(family => family == AddressFamily.InterNetwork ? _switches.V4 : _switches.V6);

    // Under the gate. Makes the table what it should be now; does nothing if it is.
    private NftResult Bring(AbandonedTables? abandoned = null)
    {
        var switches = (ForwardingSwitches.IsOn(AddressFamily.InterNetwork), ForwardingSwitches.IsOn(AddressFamily.InterNetworkV6));
        if (_applied is not null && !_isStale && switches == _switches)
        {
            return new NftResult(true, "", "");
        }

        // Before the look at health: what changes from here on makes it stale again.
        _isStale = false;
        _switches = switches;
        var carried = CountDestinations();
        var wanted = DnatRuleset.Build(_table.Name, _model, Targets, _isTaking);
        if (_applied is not null && wanted.IsSameAs(_applied))
        {
            _carried = carried;
            return new NftResult(true, "", "");
        }

        ReadCounters();
        var result = _table.Run(wanted.Transaction(_table.Name, _applied).DeleteTables(abandoned?.Others ?? []));
        _metrics.Changed(result.IsDone);
        if (!result.IsDone)
        {
            _isStale = true;
            return result;
        }

        if (_applied is null)
        {
            _counters.Restart();
        }

        (_applied, _isOurs, _carried) = (wanted, true, carried);
        _metrics.StartAtZero(wanted.Counters.Values);
        Remember(wanted);
        Log.Changed(_logger, _table.Name, Describe());
        return result;
    }

    private void Remember(DnatRuleset ruleset)
    {
        if (_destinations.Count > MostRemembered)
        {
            _destinations.Clear();
        }

        _destinations.UnionWith(ruleset.Destinations);
        _ports.UnionWith(_model.Listeners.Select(static entry => entry.Listener.EndPoint.Port));
    }

    // Under the gate. Finds out, too, whether the table is still there.
    private void ReadCounters()
    {
        if (_applied is null || !_table.IsOpen)
        {
            return;
        }

        var answer = _counters.Read(_applied);
        if (answer.IsAbsent)
        {
            Log.TableGone(_logger, _table.Name);
            _applied = null;
            Wake();
        }
        else if (!answer.IsDone)
        {
            Log.ChangeFailed(_logger, _table.Name, answer.Error);
        }
    }

    private List<(string Route, int Destinations)> CollectForScrape()
    {
        lock (_gate)
        {
            if (!_counters.AreFresh)
            {
                ReadCounters();
            }

            return _carried;
        }
    }

    private List<(string Route, int Destinations)> CountDestinations()
    {
        var targets = Targets;
        return
        [
            .. _model.Listeners.SelectMany(entry =>
                entry
                    .Model.Routes.Where(DnatModel.IsDnat)
                    .Select(route =>
                        (
                            route.Name,
                            route.Cluster.Destinations.Count(destination =>
                                entry.Listener.Families.Any(family => targets.ForNew(destination, family).Count > 0))))),
        ];
    }

    private int? CountLive()
    {
        HashSet<int> ports;
        HashSet<IPEndPoint> destinations;
        lock (_gate)
        {
            if (!_isOurs)
            {
                return 0;
            }

            (ports, destinations) = ([.. _ports], [.. _destinations]);
        }

        return ConntrackTable.CountForwarded(ports, destinations);
    }

    private string Describe()
    {
        var targets = Targets;
        var lines = _model.Listeners.SelectMany(entry =>
            entry
                .Model.Routes.Where(DnatModel.IsDnat)
                .Select(route =>
                {
                    var to = route
                        .Cluster.Destinations.SelectMany(destination =>
                            entry.Listener.Families.SelectMany(family => targets.ForNew(destination, family)))
                        .Distinct();
                    return $"{route.Name} → {(to.Any() ? string.Join(", ", to) : "nobody")}";
                }));
        return _model.IsEmpty || !_isTaking ? "nothing new is taken" : string.Join("; ", lines);
    }

    private static partial class Log
    {
        [LoggerMessage(2040, LogLevel.Information, "nftables table {Table}: {Routes}")]
        public static partial void Changed(ILogger logger, string table, string routes);

        [LoggerMessage(2041, LogLevel.Error, "nftables table {Table} could not be changed, it stays as it is: {Problem}")]
        public static partial void ChangeFailed(ILogger logger, string table, string problem);

        [LoggerMessage(
            2042,
            LogLevel.Warning,
            "nftables table {Table} was removed by somebody (a firewall that flushes all rules?) and is made anew"
        )]
        public static partial void TableGone(ILogger logger, string table);

        [LoggerMessage(2045, LogLevel.Warning, "nftables table {Table} is that of a gateway that did not end in order: it is removed")]
        public static partial void Abandoned(ILogger logger, string table);

        [LoggerMessage(
            2044,
            LogLevel.Information,
            "{Count} forwarded connections outlived the drain; without another nat chain on this machine they end with the table {Table}"
        )]
        public static partial void Outlived(ILogger logger, int count, string table);

        [LoggerMessage(
            2048,
            LogLevel.Error,
            "nftables table {Table}: a fault of the gateway while it kept the rules up to date; it goes on"
        )]
        public static partial void Fault(ILogger logger, string table, Exception fault);
    }
}
