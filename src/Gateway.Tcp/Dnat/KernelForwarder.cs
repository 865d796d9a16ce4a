using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Linux.Netfilter;
using Gateway.Tcp.Pipeline;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Dnat;

/// <summary>
/// Keeps our nftables table what configuration and health say.
/// 1. <see cref="Check"/> asks for everything that is needed, before anything is changed; unless it is on trial, it also takes the table's lock.
/// 2. <see cref="Apply"/> makes the first transaction. It replaces whatever dead predecessors left, under the same name or another, in one step: no connection is lost in between.
/// 3. A loop brings what changes: a destination that dies or comes back, a name that moves. It also looks whether the table is still there: a firewall that reloads
///    its rules ("flush ruleset") takes ours with them.
/// 4. At the end <see cref="StopTaking"/>, <see cref="DrainAsync"/>, <see cref="Remove"/>.
/// Established connections are conntrack's: no change of rules touches them. But translation ends with the last nat chain of the machine, so ours stays until the drain is over.
/// </summary>
internal sealed partial class KernelForwarder : IAsyncDisposable
{
    /// <summary>How long a table that somebody removed is missing at most, and the age of what is counted outside of scrapes.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    // A scrape by two scrapers at once asks the kernel once.
    private static readonly TimeSpan CountersFresh = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan DrainPoll = TimeSpan.FromMilliseconds(250);

    // Names may move as often as they like while we run; connections that old are not worth waiting for.
    private const int MostRemembered = 4096;

    private readonly string _table;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly ForwardMetrics _metrics;
    private readonly ForwardTally _tally = new();
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<int> _ports = [];
    private readonly HashSet<IPEndPoint> _destinations = [];

    // As the kernel has them: health may have changed since.
    private List<(string Route, int Destinations)> _carried = [];
    private readonly AnswerWatch _answers = new();
    private readonly HashSet<(string Listener, AddressFamily Family)> _rewritten = [];
    private long _intervalBegan;
    private Nftables? _nftables;
    private TableLock? _lock;
    private ForwardModel _model = ForwardModel.Empty;
    private ForwardRuleset? _applied;
    private long _countersReadAt;
    private Task _loop = Task.CompletedTask;
    private volatile bool _isStale = true;
    private (bool V4, bool V6) _switches;
    private bool _isOurs;
    private bool _isTaking = true;
    private bool _isFirst = true;

    public KernelForwarder(string table, IMeterFactory meters, TcpMetrics tcp, ILoggerFactory loggers, TimeProvider time)
    {
        _table = table;
        _time = time;
        _logger = loggers.CreateLogger<KernelForwarder>();
        _metrics = new ForwardMetrics(meters, tcp, CollectForScrape);
    }

    /// <summary>What is missing for a model, each with the cure; empty: nothing. Changes nothing.</summary>
    /// <param name="model">The model.</param>
    /// <param name="isTrial">Nothing will be applied: whose the table is does not matter, and its lock is left alone.</param>
    public IReadOnlyList<string> Check(ForwardModel model, bool isTrial = false)
    {
        lock (_gate)
        {
            if (model.IsEmpty)
            {
                return [];
            }

            var off = ForwardRequirements.MissingSwitches(model, ForwardingSwitches.IsOn).Distinct().ToList();
            if (_nftables is null && !Nftables.TryOpen(out _nftables, out var problem))
            {
                return [ForwardRequirements.Explain(model, problem), .. off];
            }

            // Without the capability the library may say anything, also nothing.
            if (!ProcessRights.Read().NetAdmin)
            {
                return [ForwardRequirements.Explain(model, new NftResult(false, "", "Operation not permitted")), .. off];
            }

            if (!isTrial && (_lock ??= TableLock.TryTake(_table)) is null)
            {
                var taken = $"another gateway of this network namespace has the nftables table {_table}: give this one a name of its own with TcpProxy:Dnat:Table";
                return [ForwardRequirements.Explain(model, taken), .. off];
            }

            var check = _nftables.Check(ForwardRuleset.Build(_table, model, ForwardTargets.Placeholders).Transaction(_table, before: null).ToJson());
            return check.IsDone ? off : [ForwardRequirements.Explain(model, check), .. off];
        }
    }

    /// <summary>Makes a model the one in force; <see cref="Check"/> found nothing missing. Destinations without a verdict get nothing yet: <see cref="Wake"/>.</summary>
    /// <returns>Why the kernel refused it: nothing was changed then. Empty: it is in force.</returns>
    public IReadOnlyList<string> Apply(ForwardModel model)
    {
        lock (_gate)
        {
            using var abandoned = _isFirst ? FindAbandoned(needsTable: !model.IsEmpty) : null;
            _isFirst = false;
            if (_nftables is null || (model.IsEmpty && !_isOurs && abandoned is null))
            {
                return [];
            }

            var before = _model;
            (_model, _isStale) = (model, true);
            _rewritten.Clear();
            var refusal = Bring(abandoned);
            if (!refusal.IsDone)
            {
                _model = before;
                if (model.IsEmpty && !_isOurs)
                {
                    // Nothing that this configuration needs: what a predecessor left is no reason not to start.
                    Log.ChangeFailed(_logger, _table, refusal.Error);
                    return [];
                }

                return [model.IsEmpty ? refusal.Error : ForwardRequirements.Explain(model, refusal)];
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
                Log.ChangeFailed(_logger, _table, refusal.Error);
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
            await Task.Delay(cost > DrainPoll ? cost : DrainPoll, _time).ConfigureAwait(false);
            asked = _time.GetTimestamp();
        }

        if (left > 0)
        {
            Log.Outlived(_logger, left.Value, _table);
        }
    }

    /// <summary>Removes the table. Safe to call twice, and from a signal's thread.</summary>
    public void Remove()
    {
        lock (_gate)
        {
            if (!_isOurs || _nftables is null)
            {
                return;
            }

            ReadCounters();
            var result = _nftables.Run(new NftCommands(_table).DeleteTable().ToJson());
            _isOurs = false;
            _applied = null;
            if (result is { IsDone: false, IsAbsent: false })
            {
                Log.ChangeFailed(_logger, _table, result.Error);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Remove();
        lock (_gate)
        {
            _nftables?.Dispose();
            _nftables = null;
            _lock?.Dispose();
        }

        _wake.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await ((Task)_wake.WaitAsync(LookInterval, _stop.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            lock (_gate)
            {
                if (_stop.IsCancellationRequested || !_isOurs)
                {
                    continue;
                }

                ReadCounters();
                if (Bring() is { IsDone: false } refusal)
                {
                    Log.ChangeFailed(_logger, _table, refusal.Error);
                }
            }
        }
    }

    // Under the gate, once: a crash leaves a table whose rules go on, whatever the configuration says by now. Null: there is nothing to be done about any.
    private AbandonedTables? FindAbandoned(bool needsTable)
    {
        // Without the capability the kernel does not even list them.
        if (_nftables is null && (!ProcessRights.Read().NetAdmin || !Nftables.TryOpen(out _nftables, out _)))
        {
            return null;
        }

        var found = AbandonedTables.Find(_nftables, _table);
        foreach (var table in found.Others)
        {
            Log.Abandoned(_logger, table);
        }

        if (needsTable)
        {
            return found;
        }

        // Without Dnat routes an idle table of ours takes their place: connections that they have translated live as long as some nat chain does.
        if ((found.HasOwn || found.Others.Any()) && (_lock ??= TableLock.TryTake(_table)) is not null)
        {
            return found;
        }

        // Nothing is there, or a living gateway has our table's name: its nat chain does as well.
        using (found)
        {
            if (found.Others.Any() && _nftables.Run(new NftCommands(_table).DeleteTables(found.Others).ToJson()) is { IsDone: false } refusal)
            {
                Log.ChangeFailed(_logger, _table, refusal.Error);
            }
        }

        return null;
    }

    private ForwardTargets Targets => ForwardTargets.Healthy(family => family == AddressFamily.InterNetwork ? _switches.V4 : _switches.V6);

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
        var wanted = ForwardRuleset.Build(_table, _model, Targets, _isTaking);
        if (_applied is not null && wanted.IsSameAs(_applied))
        {
            _carried = carried;
            return new NftResult(true, "", "");
        }

        ReadCounters();
        var result = _nftables!.Run(wanted.Transaction(_table, _applied).DeleteTables(abandoned?.Others ?? []).ToJson());
        _metrics.Changed(result.IsDone);
        if (!result.IsDone)
        {
            _isStale = true;
            return result;
        }

        if (_applied is null)
        {
            _tally.Restart();
            _intervalBegan = _time.GetTimestamp();
        }

        (_applied, _isOurs, _carried) = (wanted, true, carried);
        _metrics.StartAtZero(wanted.Counters.Values);
        Remember(wanted);
        Log.Changed(_logger, _table, Describe());
        return result;
    }

    private void Remember(ForwardRuleset ruleset)
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
        if (_applied is null || _nftables is null)
        {
            return;
        }

        _countersReadAt = _time.GetTimestamp();
        var answer = _nftables.Run(new NftCommands(_table).ListCounters().ToJson());
        if (answer.IsDone)
        {
            foreach (var (name, packets, bytes) in _tally.Read(answer.Output))
            {
                if (_applied.Counters.TryGetValue(name, out var counter))
                {
                    _metrics.Add(counter, packets, bytes);
                    _answers.Add(counter, packets);
                    // Once for each configuration: it goes on until somebody changes the host's rules.
                    if (counter.Kind == ForwardCounterKind.Rewritten && _rewritten.Add((counter.Listener, counter.Family)))
                    {
                        Log.SourceRewritten(_logger, counter.Listener);
                    }
                }
            }

            JudgeAnswers();
        }
        else if (answer.IsAbsent)
        {
            Log.TableGone(_logger, _table);
            _applied = null;
            Wake();
        }
        else
        {
            Log.ChangeFailed(_logger, _table, answer.Error);
        }
    }

    // A missing return route has no error: clients wait. But health checks pass, since they come from our own address. So the counters tell.
    private void JudgeAnswers()
    {
        if (_time.GetElapsedTime(_intervalBegan, _countersReadAt) < LookInterval)
        {
            return;
        }

        _intervalBegan = _countersReadAt;
        foreach (var finding in _answers.EndInterval())
        {
            if (finding.HasLeft)
            {
                Log.Unanswered(_logger, finding.Listener, finding.Packets, finding.Cluster, finding.Destination);
            }
            else
            {
                Log.Dropped(_logger, finding.Listener, finding.Packets, finding.Cluster, finding.Destination, ForwardObstacles.Find(_nftables!.Run).Describe());
            }
        }
    }

    private List<(string Route, int Destinations)> CollectForScrape()
    {
        lock (_gate)
        {
            if (_applied is not null && _time.GetElapsedTime(_countersReadAt) > CountersFresh)
            {
                ReadCounters();
            }

            return _carried;
        }
    }

    private List<(string Route, int Destinations)> CountDestinations()
    {
        var targets = Targets;
        return [.. _model.Listeners.SelectMany(entry => entry.Model.Routes.Where(ForwardModel.IsForwarded).Select(route => (
            route.Name, route.Cluster.Destinations.Count(destination => entry.Listener.Families.Any(family => targets.ForNew(destination, family).Count > 0)))))];
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
        var lines = _model.Listeners.SelectMany(entry => entry.Model.Routes.Where(ForwardModel.IsForwarded).Select(route =>
        {
            var to = route.Cluster.Destinations.SelectMany(destination => entry.Listener.Families.SelectMany(family => targets.ForNew(destination, family))).Distinct();
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

        [LoggerMessage(2042, LogLevel.Warning, "nftables table {Table} was removed by somebody (a firewall that flushes all rules?) and is made anew")]
        public static partial void TableGone(ILogger logger, string table);

        [LoggerMessage(2043, LogLevel.Warning, "Listener {Listener}: {Packets} first packets of clients were sent on to destination {Destination} of cluster {Cluster} and not answered: "
            + "its route to these clients does not lead through this gateway (docs/dnat.md, The return path), something in between drops them, or it is down")]
        public static partial void Unanswered(ILogger logger, string listener, long packets, string cluster, string destination);

        [LoggerMessage(2046, LogLevel.Warning, "Listener {Listener}: {Packets} first packets of clients for destination {Destination} of cluster {Cluster} were dropped on this host instead of being "
            + "forwarded: {Obstacles} (docs/dnat.md, Forwarding)")]
        public static partial void Dropped(ILogger logger, string listener, long packets, string cluster, string destination, string obstacles);

        [LoggerMessage(2047, LogLevel.Warning, "Listener {Listener}: a masquerade or SNAT rule of this host gives forwarded connections another source, and backends see that instead of the client. "
            + "Put a rule before it: ct status dnat accept (docs/dnat.md, No masquerading)")]
        public static partial void SourceRewritten(ILogger logger, string listener);

        [LoggerMessage(2045, LogLevel.Warning, "nftables table {Table} is that of a gateway that did not end in order: it is removed")]
        public static partial void Abandoned(ILogger logger, string table);

        [LoggerMessage(2044, LogLevel.Information, "{Count} forwarded connections outlived the drain; without another nat chain on this machine they end with the table {Table}")]
        public static partial void Outlived(ILogger logger, int count, string table);
    }
}
