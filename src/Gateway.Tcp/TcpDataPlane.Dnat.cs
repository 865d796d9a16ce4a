using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dnat;
using Gateway.Tcp.Routing;

namespace Gateway.Tcp;

/// <content>Health checks, and what the kernel forwards (Dnat routes).</content>
public sealed partial class TcpDataPlane
{
    // New listeners are bound by then, and their first clients wait as long. A destination that is there answers within milliseconds.
    private static readonly TimeSpan FirstVerdicts = TimeSpan.FromSeconds(1);

    /// <summary>What Dnat routes of a model need and this host lacks, each with the cure. Empty: nothing. Changes nothing.</summary>
    /// <param name="model">What the kernel is to forward.</param>
    public IReadOnlyList<Finding> CheckDnat(DnatModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return _dnat.Check(model);
    }

    /// <summary>
    /// Prepares a configuration: begins to check new destinations, then has the kernel forward. The kernel needs verdicts, which are waited
    /// for up to a second: it can try nobody else, and what it does not forward arrives here. The engine can, so for it a destination
    /// without a verdict is as good as any. To be called before <see cref="Update"/>, and not twice at once. Called with what is in force,
    /// it undoes the last preparation.
    /// </summary>
    /// <param name="model">What <see cref="Update"/> will get.</param>
    /// <param name="dnat">What of it the kernel forwards.</param>
    /// <returns>Why the kernel refused it: all is as it was then. Empty: it forwards.</returns>
    public async Task<IReadOnlyList<Finding>> PrepareAsync(TcpModel model, DnatModel dnat)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(dnat);
        var inForce = _pipeline.Model.Clusters.Values;
        _health.Follow(inForce, trial: model.Clusters.Values);
        await _health.FirstVerdictsAsync(dnat.Clusters, FirstVerdicts);
        var problems = _dnat.Apply(dnat);
        if (problems.Count > 0)
        {
            _health.Follow(inForce);
        }

        return problems;
    }

    /// <summary>The kernel takes no new connections any more; those that it forwards go on.</summary>
    public void StopDnat() => _dnat.StopTaking();

    /// <summary>Waits for forwarded connections to end. Does not throw when time runs out.</summary>
    /// <param name="timeout">How long they may take.</param>
    public Task DrainDnatAsync(TimeSpan timeout) => _dnat.DrainAsync(timeout);

    /// <summary>Removes what the kernel knows of us. Safe to call twice, and from any thread.</summary>
    public void RemoveDnat() => _dnat.Remove();
}
