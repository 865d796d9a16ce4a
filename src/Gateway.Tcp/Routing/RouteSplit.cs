namespace Gateway.Tcp.Routing;

/// <summary>
/// Routes that share the connections of one match by their weights (<see cref="WeightedTurns"/>). From any thread, without a lock.
/// </summary>
internal sealed class RouteSplit
{
    private readonly RouteModel[] _routes;
    private readonly WeightedTurns _turns;

    /// <summary>Creates a split.</summary>
    /// <param name="routes">Routes with a weight.</param>
    public RouteSplit(IEnumerable<RouteModel> routes)
    {
        _routes = [.. routes];
        _turns = new WeightedTurns(_routes.Select(static route => route.Weight!.Value));
    }

    /// <summary>The route of the next connection; null: all weights are 0.</summary>
    public RouteModel? Next() => _turns.Next() is >= 0 and var index ? _routes[index] : null;
}
