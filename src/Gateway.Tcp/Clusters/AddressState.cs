using System.Net;
using Gateway.Tcp.Balancing;

namespace Gateway.Tcp.Clusters;

/// <summary>
/// The run-time state of one address of a destination that is a name. If connects to an address fail, the address gets its turn last for
/// <see cref="PassiveRules.EjectionTime"/>. Then one dial tries it in its normal order. So one dead pod behind a headless service costs a
/// client its ConnectTimeout only now and then, and the other pods of the name go on. Safe from any thread.
/// </summary>
/// <param name="address">The address.</param>
/// <param name="destination">The destination whose address it is.</param>
internal sealed class AddressState(IPEndPoint address, DestinationState destination) : Load
{
    private readonly Lock _lock = new();
    private int _inARow;
    private IPAddress? _lastClient;

    // The time (in ticks) from which the next dial may try the address in its normal order; 0: no connects fail.
    private long _failingUntil;
    private volatile bool _isGone;

    /// <summary>The address.</summary>
    public IPEndPoint Address => address;

    /// <summary>The connections that the address took and reset before an answer.</summary>
    public EarlyResets Resets { get; } = new();

    /// <summary>Whether the name has this address no longer. The state goes with its last connection.</summary>
    public bool IsGone
    {
        get => _isGone;
        set => _isGone = value;
    }

    /// <summary>The number of the newest answer that has this address. <see cref="AddressStates"/> alone uses it, under its lock.</summary>
    public int Answer { get; set; }

    /// <summary>Whether connects to the address fail. Needs no clock.</summary>
    public bool IsFailing => Volatile.Read(ref _failingUntil) != 0;

    /// <summary>Whether the address gets its turn last.</summary>
    public bool IsAvoided(TimeSpan now) => Volatile.Read(ref _failingUntil) is not 0 and var until && now.Ticks < until;

    /// <summary>Begins an attempt. If the address is failing and its time is over, only one dial may try it in its normal order.</summary>
    /// <param name="now">The time.</param>
    /// <param name="longest">How long the attempt may take; then the next dial may try, even if this attempt never ends.</param>
    /// <param name="asLast">Whether the dial knows that the address is avoided, and has no better one.</param>
    /// <returns>False: another dial tries the address already, so it is avoided now.</returns>
    public bool TryBegin(TimeSpan now, TimeSpan longest, bool asLast)
    {
        var until = Volatile.Read(ref _failingUntil);
        return until == 0
            || (now.Ticks < until ? asLast : Interlocked.CompareExchange(ref _failingUntil, (now + longest).Ticks, until) == until);
    }

    /// <summary>Notes a successful connect.</summary>
    public void Reached()
    {
        if (Volatile.Read(ref _inARow) != 0)
        {
            lock (_lock)
            {
                (_inARow, _lastClient) = (0, null);
                Volatile.Write(ref _failingUntil, 0);
            }
        }
    }

    /// <summary>Notes a failed connect that was not the gateway's fault.</summary>
    /// <param name="rules">How many failures are too many, and for how long the address is avoided.</param>
    /// <param name="now">The time.</param>
    /// <param name="source">
    /// The client's address, if the connect came from this address; null: it came from our own address. Failures in a row of the same
    /// client count once, because the address may refuse this one client alone.
    /// </param>
    /// <returns>The number of failures in a row, if the address is avoided from now on; otherwise 0.</returns>
    public int Failed(PassiveRules rules, TimeSpan now, IPAddress? source)
    {
        lock (_lock)
        {
            if (source is null || _inARow == 0 || !source.Equals(_lastClient))
            {
                _inARow = Math.Min(_inARow + 1, rules.Failures);
            }

            _lastClient = source;
            if (_inARow < rules.Failures)
            {
                return 0;
            }

            var isNew = _failingUntil == 0;
            Volatile.Write(ref _failingUntil, (now + rules.EjectionTime).Ticks);
            return isNew ? _inARow : 0;
        }
    }

    /// <summary>Gives the address its turn last from now on, because connections were reset.</summary>
    public void Avoid(PassiveRules rules, TimeSpan now)
    {
        lock (_lock)
        {
            // Otherwise the next connect would not end it.
            _inARow = Math.Max(_inARow, 1);
            Volatile.Write(ref _failingUntil, (now + rules.EjectionTime).Ticks);
        }
    }

    /// <inheritdoc/>
    public override void Leave()
    {
        base.Leave();
        if (_isGone)
        {
            destination.Addresses.Forget(this);
        }
    }

    /// <inheritdoc/>
    public override void End()
    {
        Leave();
        destination.Leave();
    }
}
