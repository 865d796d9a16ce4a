using System.Net;

namespace Gateway.Tcp.Clusters;

/// <summary>The health of one address of a destination. One checker at a time counts checks; any thread reads.</summary>
/// <param name="address">The address.</param>
/// <param name="rules">Rise and fall.</param>
internal sealed class AddressHealth(IPEndPoint address, HealthCheckModel rules)
{
    private int _inARow;
    private volatile bool _isKnown;
    private volatile bool _isHealthy;
    private volatile string? _lastFailure;

    /// <summary>The address.</summary>
    public IPEndPoint Address => address;

    /// <summary>Whether it may be used: false until the first check.</summary>
    public bool IsHealthy => _isHealthy;

    /// <summary>Whether checks have taken it out of use: false until the first check.</summary>
    public bool IsDown => _isKnown && !_isHealthy;

    /// <summary>What failed in the last bad check; null: no check has failed.</summary>
    public string? LastFailure => _lastFailure;

    /// <summary>Counts a check. The first check decides alone, so that clients do not wait for <c>Rise</c> intervals at start.</summary>
    /// <param name="isGood">
    /// The result of the check; null: the check could not be made. Then the verdict stays as it is, and an address without a verdict may be
    /// used.
    /// </param>
    /// <param name="why">What failed; null: nothing did.</param>
    /// <returns>Whether the verdict has changed.</returns>
    public bool Count(bool? isGood, string? why = null)
    {
        var was = _isHealthy;
        _lastFailure = why ?? _lastFailure;
        if (isGood is null)
        {
            _isHealthy |= !_isKnown;
        }
        else if (!_isKnown)
        {
            _isKnown = true;
            _isHealthy = isGood.Value;
        }
        else if (isGood == _isHealthy)
        {
            _inARow = 0;
        }
        else if (++_inARow >= (isGood.Value ? rules.Rise : rules.Fall))
        {
            _isHealthy = isGood.Value;
            _inARow = 0;
        }

        return was != _isHealthy;
    }
}
