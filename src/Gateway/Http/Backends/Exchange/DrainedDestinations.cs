using System.Collections.Frozen;
using Yarp.ReverseProxy.Model;

namespace Gateway.Http.Backends.Exchange;

/// <summary>
/// The HTTP destinations that an operator has drained: they get no new requests, and running requests go on. YARP keeps the object of a
/// destination over reloads, so a reload changes nothing here. Safe from any thread; while none is drained, a request costs one read.
/// </summary>
internal sealed class DrainedDestinations
{
    private readonly Lock _lock = new();
    private volatile FrozenSet<DestinationState> _drained = [];

    /// <summary>Whether a destination is drained.</summary>
    public bool Contains(DestinationState destination) => _drained.Contains(destination);

    /// <summary>Drains a destination, or ends that.</summary>
    public void Set(DestinationState destination, bool isDrained)
    {
        lock (_lock)
        {
            _drained = (isDrained ? _drained.Append(destination) : _drained.Where(one => one != destination)).ToFrozenSet();
        }
    }

    /// <summary>The destinations that are not drained; if none is drained, the same list.</summary>
    public IReadOnlyList<DestinationState> Without(IReadOnlyList<DestinationState> destinations) =>
        _drained is { Count: > 0 } drained && destinations.Any(drained.Contains)
            ? [.. destinations.Except(drained)]
            : destinations;
}
