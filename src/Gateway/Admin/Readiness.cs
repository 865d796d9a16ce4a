namespace Gateway.Admin;

/// <summary>Whether traffic may be sent here: every listener is bound, and no signal to end has come.</summary>
internal sealed class Readiness
{
    private volatile bool _bound;
    private volatile bool _draining;

    /// <summary>True while every listener is bound, until the drain begins.</summary>
    public bool IsReady => _bound && !_draining;

    /// <summary>Why not, in a word, for the probe's answer.</summary>
    public string State => _draining ? "draining" : _bound ? "ready" : "starting";

    /// <summary>Whether every listener of the configuration in force is bound.</summary>
    public void SetBound(bool bound) => _bound = bound;

    public void SetDraining() => _draining = true;
}
