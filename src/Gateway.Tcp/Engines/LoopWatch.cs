using System.Globalization;
using Gateway.Linux;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Engines;

/// <summary>
/// Tells the operator of a loop that does not turn, because code on it waits in a call, or computes for long: all connections of the loop
/// wait meanwhile. A loop that gets no CPU, and a process that stands still for the garbage collector, are not meant. But a loop may wait
/// for another thread that gets no CPU, which nobody can tell from here. Writes at most one line a minute.
/// </summary>
internal sealed partial class LoopWatch : IDisposable
{
    /// <summary>How long one round may take. The longest round under full load takes a few milliseconds.</summary>
    public static readonly TimeSpan LongestRound = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan Interval = LongestRound / 2;
    private static readonly TimeSpan BetweenLines = TimeSpan.FromMinutes(1);

    private readonly IReadOnlyList<EngineLoop> _loops;
    private readonly Suspicion?[] _suspicions;
    private readonly long[] _told;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly ITimer? _timer;
    private long _lookedAt;
    private long? _lineAt;
    private int _untold;

    /// <param name="loops">The loops; empty: there is nothing to watch.</param>
    /// <param name="logger">Gets the lines.</param>
    /// <param name="time">For the timer, and for the time between two lines.</param>
    public LoopWatch(IReadOnlyList<EngineLoop> loops, ILogger logger, TimeProvider time)
    {
        (_loops, _logger, _time) = (loops, logger, time);
        _suspicions = new Suspicion?[loops.Count];
        _told = new long[loops.Count];
        _lookedAt = time.GetTimestamp();
        if (loops.Count > 0)
        {
            _timer = time.CreateTimer(static watch => ((LoopWatch)watch!).Look(), this, Interval, Interval);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    /// <summary>What a loop did in a round that lasts too long; null: it got no CPU for most of the time.</summary>
    /// <param name="elapsed">The time in which it was observed.</param>
    /// <param name="ran">The part of it on a CPU.</param>
    /// <param name="waitedForCpu">The part of it without a CPU, although it was ready to run.</param>
    internal static string? Classify(TimeSpan elapsed, TimeSpan ran, TimeSpan waitedForCpu) =>
        waitedForCpu > elapsed / 2 ? null
        : ran > elapsed / 2 ? "computes"
        : ran + waitedForCpu > elapsed / 2 ? null
        : "waits in a call";

    /// <summary>Looks at all loops once.</summary>
    internal void Look()
    {
        // A late look says that the process stood still, so it says nothing about a loop.
        var isLate = _time.GetElapsedTime(_lookedAt) > Interval * 1.5;
        _lookedAt = _time.GetTimestamp();
        foreach (var loop in _loops)
        {
            var since = loop.BusySince;
            var busy = TimeSpan.FromMilliseconds(since == 0 ? 0 : Environment.TickCount64 - since);
            ref var suspicion = ref _suspicions[loop.Index];
            if (isLate || busy < Interval || suspicion?.Since != since)
            {
                suspicion = busy < Interval || isLate ? null : new Suspicion(since, Environment.TickCount64, loop.ReadTimes());
            }
            else if (busy >= LongestRound && _told[loop.Index] != since && suspicion.Value.WhatNow(loop.ReadTimes()) is { } what)
            {
                _told[loop.Index] = since;
                Tell(loop.Index, busy, what);
            }
        }
    }

    private void Tell(int loop, TimeSpan busy, string what)
    {
        if (_lineAt is { } last && _time.GetElapsedTime(last) < BetweenLines)
        {
            _untold++;
            return;
        }

        _lineAt = _time.GetTimestamp();
        var further = _untold == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; {_untold} times more since the last such line");
        _untold = 0;
        Log.Stalled(_logger, loop, busy.TotalMilliseconds, what, further);
    }

    /// <summary>A round that lasts long already.</summary>
    private readonly record struct Suspicion(long Since, long At, ThreadTimes? Times)
    {
        public string? WhatNow(ThreadTimes? now) => Times is { } before && now is { } after
            ? Classify(
                TimeSpan.FromMilliseconds(Environment.TickCount64 - At),
                after.Ran - before.Ran,
                after.WaitedForCpu - before.WaitedForCpu)
            : null;
    }

    private static partial class Log
    {
        [LoggerMessage(
            2038,
            LogLevel.Warning,
            "The event loop gateway-loop-{Loop} has not turned for {Milliseconds:F0} ms: code on it {What}, and all its connections "
                + "wait{Further}. If the machine has CPU to spare, this is a fault of the gateway: please report it"
        )]
        public static partial void Stalled(ILogger logger, int loop, double milliseconds, string what, string further);
    }
}
