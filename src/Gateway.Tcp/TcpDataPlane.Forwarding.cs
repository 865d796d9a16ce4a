using Gateway.Tcp.Dnat;

namespace Gateway.Tcp;

/// <content>Health checks, and what the kernel forwards (Dnat routes).</content>
public sealed partial class TcpDataPlane
{
    // New listeners are bound by then, and their first clients wait as long. A destination that is there answers within milliseconds.
    private static readonly TimeSpan FirstVerdicts = TimeSpan.FromSeconds(1);

    private ForwardModel _forwards = ForwardModel.Empty;

    /// <summary>What Dnat routes of a model need and this host lacks, each with the cure. Empty: nothing. Changes nothing.</summary>
    /// <param name="model">What the kernel is to forward.</param>
    /// <param name="isTrial">This process will not run the model: the table may be another gateway's, and nothing is reserved.</param>
    public IReadOnlyList<string> CheckForwarding(ForwardModel model, bool isTrial = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        return _forwarder.Check(model, isTrial);
    }

    /// <summary>
    /// Prepares a configuration: begins to check new destinations, then has the kernel forward. The kernel needs verdicts, which are waited for up to a second: it can try
    /// nobody else, and what it does not forward arrives here. The engine can, so for it a destination without a verdict is as good as any. To be called before
    /// <see cref="Update"/>, and not twice at once.
    /// </summary>
    /// <param name="model">Made from the model that <see cref="Update"/> will get.</param>
    /// <returns>Why the kernel refused it: all is as it was then. Empty: it forwards.</returns>
    public async Task<IReadOnlyList<string>> PrepareAsync(ForwardModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        await FollowAsync(model).ConfigureAwait(false);
        var problems = _forwarder.Apply(model);
        if (problems.Count > 0)
        {
            await FollowAsync(_forwards).ConfigureAwait(false);
            return problems;
        }

        _forwards = model;
        return [];
    }

    private async Task FollowAsync(ForwardModel model)
    {
        await _health.FollowAsync(model.Watched()).ConfigureAwait(false);
        await _health.FirstVerdictsAsync(model.ForwardedClusters(), FirstVerdicts).ConfigureAwait(false);
    }

    /// <summary>The kernel takes no new connections any more; those that it forwards go on.</summary>
    public void StopForwarding() => _forwarder.StopTaking();

    /// <summary>Waits for forwarded connections to end. Does not throw when time runs out.</summary>
    /// <param name="timeout">How long they may take.</param>
    public Task DrainForwardingAsync(TimeSpan timeout) => _forwarder.DrainAsync(timeout);

    /// <summary>Removes what the kernel knows of us. Safe to call twice, and from any thread.</summary>
    public void RemoveForwarding() => _forwarder.Remove();
}
