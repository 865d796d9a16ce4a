using System.Net;

namespace Gateway.Tcp.Clusters;

/// <summary>
/// What connects have said of one destination: it takes connections, or it fails since so many in a row have failed.
/// <para>
/// Failing lasts for <see cref="PassiveRules.EjectionTime"/> at least, whatever comes of those that try it meanwhile: a destination that
/// takes every third connection is told of once, not at every third. From then on one connection at a time is its trial; a good one ends
/// it, a bad one begins the time anew. A trial whose client leaves says nothing, and the next takes its place.
/// </para>
/// Safe from any thread. A destination that takes connections costs a read of two fields and no lock.
/// </summary>
internal sealed class PassiveState
{
    private readonly Lock _lock = new();
    private int _inARow;
    private IPAddress? _lastClient;

    // Ticks of the time from which a trial may begin; 0: it takes connections.
    private long _failingUntil;
    private volatile bool _isLeftOut;

    /// <summary>Whether connects fail.</summary>
    public bool IsFailing => Volatile.Read(ref _failingUntil) != 0;

    /// <summary>Whether it gets connections only where no other destination takes them.</summary>
    public bool IsLeftOut => _isLeftOut;

    /// <summary>Takes the trial, if its time has come and nobody has it.</summary>
    /// <param name="now">The time.</param>
    /// <param name="longest">How long it may take: one that never ends does not keep the next away for good.</param>
    public bool TryBeginTrial(TimeSpan now, TimeSpan longest)
    {
        var until = Volatile.Read(ref _failingUntil);
        return until != 0 && now.Ticks >= until && Interlocked.CompareExchange(ref _failingUntil, (now + longest).Ticks, until) == until;
    }

    /// <summary>A trial that came to nothing: the next may begin.</summary>
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

    /// <summary>Notes a connection.</summary>
    /// <returns>Whether it takes connections again.</returns>
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
    /// <param name="rules">How many are too many, and what follows.</param>
    /// <param name="now">The time.</param>
    /// <param name="isTrial">Whether it was the trial.</param>
    /// <param name="source">
    /// The client's address, if the connect came from it: the way back, or the destination, may refuse this client alone. Two in a row of
    /// the same count as one. Null: from ours.
    /// </param>
    /// <returns>Whether it fails from now on, and how many failed in a row.</returns>
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

    /// <summary>Leaves it out, as long as it fails.</summary>
    public void LeaveOut()
    {
        lock (_lock)
        {
            _isLeftOut = _failingUntil != 0;
        }
    }

    /// <summary>Nobody looks at its connects any more: what they said becomes old.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            Volatile.Write(ref _inARow, 0);
            Volatile.Write(ref _failingUntil, 0);
            _isLeftOut = false;
        }
    }
}
