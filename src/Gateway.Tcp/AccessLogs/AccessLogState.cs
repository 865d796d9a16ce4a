using Gateway.Tcp.Admission;

namespace Gateway.Tcp.AccessLogs;

/// <summary>
/// The rules of the access log that are in force, and the one timer for the interval lines of all connections and requests. There is no
/// timer while no interval is set.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class AccessLogState(TimeProvider time) : IDisposable
{
    /// <summary>
    /// The parts of all connections. Each tick is for one of them, so that the lines of 50,000 connections do not come at one moment: the
    /// queue of the log has room for 8,192.
    /// </summary>
    public const int Parts = LiveConnections.Parts;

    private readonly Lock _lock = new();
    private readonly List<Action<int>> _writers = [];
    private volatile AccessLogRules _rules = AccessLogRules.Default;
    private ITimer? _timer;
    private int _next;

    /// <summary>The rules in force.</summary>
    public AccessLogRules Rules => _rules;

    /// <summary>Adds what writes the interval lines of a part.</summary>
    /// <param name="writer">Gets the number of the part. It is not called twice at once.</param>
    public void OnInterval(Action<int> writer)
    {
        lock (_lock)
        {
            _writers.Add(writer);
        }
    }

    /// <summary>Puts rules in force.</summary>
    public void Update(AccessLogRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        lock (_lock)
        {
            var isSame = rules.Interval == _rules.Interval;
            _rules = rules;
            if (isSame)
            {
                return;
            }

            _timer?.Dispose();
            _timer = rules.Interval is { } interval
                ? time.CreateTimer(static state => ((AccessLogState)state!).Tick(), this, interval / Parts, interval / Parts)
                : null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _timer?.Dispose();
            _timer = null;
        }
    }

    // A tick that comes while the last one still runs is left out: a thread that waited here would be missing elsewhere.
    private void Tick()
    {
        if (!_lock.TryEnter())
        {
            return;
        }

        try
        {
            Write(_next);
            _next = (_next + 1) % Parts;
        }
        finally
        {
            _lock.Exit();
        }
    }

    private void Write(int part)
    {
        foreach (var writer in _writers)
        {
            try
            {
                writer(part);
            }
#pragma warning disable CA1031 // A logger that throws must not end the process, which an exception on the thread of a timer does.
            catch (Exception)
#pragma warning restore CA1031
            {
            }
        }
    }
}
