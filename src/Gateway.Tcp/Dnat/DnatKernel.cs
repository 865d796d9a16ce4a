using System.Diagnostics.Metrics;
using System.Net.Sockets;
using Gateway.Linux.Netfilter;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Pipeline;
using Gateway.Tcp.Status;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Dnat;

/// <summary>
/// Keeps our nftables table (<see cref="DnatTable"/>) up to date with configuration and health.
/// 1. <see cref="Check"/> checks all requirements before anything is changed. It also takes the table's lock.
/// 2. <see cref="Apply"/> makes the first transaction. In the same step it replaces all tables that dead predecessors left, under the same
/// name or another, so no connection is lost in between.
/// 3. A loop applies changes: a destination that dies or comes back, or a name that gets new addresses. It also looks whether the table is
/// still there, because a firewall that reloads its rules ("flush ruleset") removes our table too.
/// 4. At the end come <see cref="StopTaking"/>, <see cref="DrainAsync"/> and <see cref="Remove"/>.
/// Conntrack holds established connections, so no change of rules affects them. But the kernel stops translating when the last nat chain of
/// the machine is removed, so our table stays until the drain is over.
/// </summary>
internal sealed partial class DnatKernel : IAsyncDisposable
{
    /// <summary>
    /// The time between two looks: the longest time that a removed table is missing, and the greatest age of counters without scrapes.
    /// </summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan DrainPoll = TimeSpan.FromMilliseconds(250);

    private readonly DnatTable _table;
    private readonly DnatCounters _counters;
    private readonly DnatMetrics _metrics;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly DnatConnections _connections = new();

    // The destinations in the kernel's rules. Health may have changed since then.
    private List<(string Route, int Destinations)> _carried = [];
    private DnatModel _model = DnatModel.Empty;
    private DnatRuleset? _applied;
    private Task _loop = Task.CompletedTask;
    private volatile bool _isStale = true;
    private (bool V4, bool V6) _switches;
    private bool _isOurs;
    private bool _isTaking = true;
    private bool _isFirst = true;

    /// <summary>Changes nothing in the kernel yet.</summary>
    /// <param name="table">The table, which this object disposes.</param>
    /// <param name="meters">For the instruments.</param>
    /// <param name="tcp">The TCP path's instruments.</param>
    /// <param name="loggers">For changes and problems that operators must know.</param>
    /// <param name="time">The clock.</param>
    public DnatKernel(DnatTable table, IMeterFactory meters, TcpMetrics tcp, ILoggerFactory loggers, TimeProvider time)
    {
        // A reload may bring the first Dnat route, when connections have all low numbers.
        Nftables.Prepare();
        _table = table;
        _time = time;
        _logger = loggers.CreateLogger<DnatKernel>();
        _metrics = new DnatMetrics(meters, tcp, CollectForScrape);
        _counters = new DnatCounters(table, _metrics, LookInterval, _logger, time);
    }

    /// <summary>The name of the table.</summary>
    public string TableName => _table.Name;

    /// <summary>Finds what is missing for a model that is about to be applied, each with the cure. Changes nothing.</summary>
    /// <param name="model">The model.</param>
    public IReadOnlyList<Finding> Check(DnatModel model)
    {
        lock (_gate)
        {
            return DnatRequirements.FindMissing(model, _table, isTrial: false);
        }
    }

    /// <summary>
    /// Puts a model in force, after <see cref="Check"/> found nothing missing. Destinations without a verdict get no connections until
    /// <see cref="Wake"/>.
    /// </summary>
    /// <returns>Why the kernel refused the rules; then nothing has changed. Empty: the model is in force.</returns>
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
                    // This configuration needs no table. A table that a predecessor left is no reason to refuse the start.
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

    /// <summary>To be called when health has changed: the loop updates the kernel's rules soon. Returns at once.</summary>
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

    /// <summary>Takes no new connections from now on. Existing connections go on.</summary>
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
            // A conntrack table of a million connections takes long to read, so reading gets at most a tenth of the time.
            var cost = _time.GetElapsedTime(asked) * 9;
            await Task.Delay(cost > DrainPoll ? cost : DrainPoll, _time);
            asked = _time.GetTimestamp();
        }

        if (left > 0)
        {
            Log.Outlived(_logger, left.Value, _table.Name);
        }
    }

    /// <inheritdoc cref="DnatConnections.List"/>
    public ForwardedAnswer List(ForwardedQuestion question)
    {
        DnatModel model;
        lock (_gate)
        {
            if (!_isOurs)
            {
                return ForwardedAnswer.None;
            }

            model = _model;
        }

        return _connections.List(question, model);
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
#pragma warning disable CA1031 // If the loop ended, the rules would not be updated any more, and no log line would say so.
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
            if (_stop.IsCancellationRequested || !_isOurs || _isSuspended)
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

    // Called once, under the gate.
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

    // Under the gate. Brings the table up to date; does nothing if it is.
    private NftResult Bring(AbandonedTables? abandoned = null)
    {
        var switches = (ForwardingSwitches.IsOn(AddressFamily.InterNetwork), ForwardingSwitches.IsOn(AddressFamily.InterNetworkV6));
        if (_applied is not null && !_isStale && switches == _switches)
        {
            return new NftResult(true, "", "");
        }

        // Set before health is read, so that a later change makes the table stale again.
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
        _connections.Remember(wanted, _model);
        Log.Changed(_logger, _table.Name, Describe());
        return result;
    }

    // Under the gate. Also finds out whether the table is still there.
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
        lock (_gate)
        {
            if (!_isOurs)
            {
                return 0;
            }
        }

        return _connections.Count();
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
