namespace Gateway.Admin;

/// <summary>Whether the gateway is ready for traffic: all listeners are bound, and the drain has not begun.</summary>
internal sealed class Readiness
{
    private volatile bool _bound;
    private volatile bool _draining;

    /// <summary>Whether all listeners are bound and the drain has not begun.</summary>
    public bool IsReady => _bound && !_draining;

    /// <summary>The state in one word, for the response to the probe.</summary>
    public string State => _draining ? "draining" : _bound ? "ready" : "starting";

    /// <summary>Sets whether all listeners of the configuration in force are bound.</summary>
    public void SetBound(bool bound) => _bound = bound;

    public void SetDraining() => _draining = true;
}
