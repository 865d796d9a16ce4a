using System.Net;

namespace Gateway.Tcp.Clusters;

/// <summary>
/// What clients' connects say about one destination. The destination either takes connections, or it counts as failing, because too many
/// connects in a row have failed.
/// <para>
/// 1. A destination stays failing for <see cref="PassiveRules.EjectionTime"/> at least, even if a connect succeeds during that time.
/// Otherwise a destination that takes every third connection would be reported at every third connection.
/// 2. After that time, one connection at a time is a trial. A good trial ends the failing state; a bad trial restarts the time.
/// 3. If the client of a trial leaves, the trial has no result, and the next connection is the trial.
/// </para>
/// Safe from any thread. For a destination that takes connections, the cost is a read of two fields and no lock.
/// </summary>
internal sealed class PassiveState
{
    private readonly Lock _lock = new();
    private int _inARow;
    private IPAddress? _lastClient;

    // The time (in ticks) from which a trial may begin; 0: the destination takes connections.
    private long _failingUntil;
    private volatile bool _isLeftOut;

    /// <summary>The connections that the destination took and reset before an answer.</summary>
    public EarlyResets Resets { get; } = new();

    /// <summary>Whether the destination counts as failing.</summary>
    public bool IsFailing => Volatile.Read(ref _failingUntil) != 0;

    /// <summary>Whether the destination gets connections only if no other destination takes them.</summary>
    public bool IsLeftOut => _isLeftOut;

    /// <summary>Begins a trial, if its time has come and no other trial is in progress.</summary>
    /// <param name="now">The time.</param>
    /// <param name="longest">How long the trial may take. After that the next trial may begin, even if this one never ends.</param>
    public bool TryBeginTrial(TimeSpan now, TimeSpan longest)
    {
        var until = Volatile.Read(ref _failingUntil);
        return until != 0 && now.Ticks >= until && Interlocked.CompareExchange(ref _failingUntil, (now + longest).Ticks, until) == until;
    }

    /// <summary>Ends a trial without a result: the next trial may begin.</summary>
    public void AbandonTrial(TimeSpan now)
    {
        lock (_lock)
        {
            if (_failingUntil != 0)
            {
                Volatile.Write(ref _failingUntil, now.Ticks);
            }
        }
    }

    /// <summary>Notes a successful connect.</summary>
    /// <returns>Whether the failing state ended.</returns>
    public bool Reached(TimeSpan now, bool isTrial)
    {
        if (Volatile.Read(ref _inARow) == 0 && !IsFailing)
        {
            return false;
        }

        lock (_lock)
        {
            Volatile.Write(ref _inARow, 0);
            if (_failingUntil == 0 || (!isTrial && now.Ticks < _failingUntil))
            {
                return false;
            }

            Volatile.Write(ref _failingUntil, 0);
            _isLeftOut = false;
            return true;
        }
    }

    /// <summary>Notes a failed connect.</summary>
    /// <param name="rules">How many failures are too many, and how long the failing state lasts.</param>
    /// <param name="now">The time.</param>
    /// <param name="isTrial">Whether this connect was the trial.</param>
    /// <param name="source">
    /// The client's address, if the connect came from this address; null: it came from our own address. The return path, or the
    /// destination, may refuse this one client alone, so two failures in a row of the same client count as one.
    /// </param>
    /// <returns>Whether the failing state begins now, and how many connects failed in a row.</returns>
    public (bool HasBegun, int Failures) Failed(PassiveRules rules, TimeSpan now, bool isTrial, IPAddress? source)
    {
        lock (_lock)
        {
            if (_failingUntil != 0)
            {
                if (isTrial || now.Ticks >= _failingUntil)
                {
                    Volatile.Write(ref _failingUntil, (now + rules.EjectionTime).Ticks);
                }

                return (false, _inARow);
            }

            if (source is null || _inARow == 0 || !source.Equals(_lastClient))
            {
                Volatile.Write(ref _inARow, _inARow + 1);
            }

            _lastClient = source;
            if (_inARow < rules.Failures)
            {
                return (false, _inARow);
            }

            Volatile.Write(ref _failingUntil, (now + rules.EjectionTime).Ticks);
            return (true, _inARow);
        }
    }

    /// <summary>Begins the failing state, because connections were reset.</summary>
    /// <returns>Whether it begins now.</returns>
    public bool Begin(PassiveRules rules, TimeSpan now)
    {
        lock (_lock)
        {
            if (_failingUntil != 0)
            {
                return false;
            }

            Volatile.Write(ref _failingUntil, (now + rules.EjectionTime).Ticks);
            return true;
        }
    }

    /// <summary>Leaves the destination out for as long as it is failing.</summary>
    public void LeaveOut()
    {
        lock (_lock)
        {
            _isLeftOut = _failingUntil != 0;
        }
    }

    /// <summary>Forgets all results, because connects are not counted any more and the results would become outdated.</summary>
    public void Forget()
    {
        Resets.Forget();
        lock (_lock)
        {
            Volatile.Write(ref _inARow, 0);
            Volatile.Write(ref _failingUntil, 0);
            _isLeftOut = false;
        }
    }
}
