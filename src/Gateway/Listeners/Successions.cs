using Gateway.Linux;

namespace Gateway.Listeners;

/// <summary>
/// The listeners of a reload that take over the sockets of a listener that goes, because their addresses are equal. So there is no moment
/// without a listener, and no connection that waits in the kernel's accept queue is reset. Settings that the kernel has already applied to
/// such a connection must be equal. The sockets are copies, which belong to this object; until the new listener starts, nothing changes for
/// the old listener.
/// </summary>
internal sealed class Successions : IDisposable
{
    private readonly Dictionary<ListenerPlan, IReadOnlyList<ListeningDescriptor>> _sockets = [];

    /// <summary>Finds the successions.</summary>
    /// <param name="added">The listeners that come.</param>
    /// <param name="removed">The listeners that go.</param>
    public Successions(IEnumerable<ListenerPlan> added, IReadOnlyCollection<RunningListener> removed)
    {
        foreach (var plan in added)
        {
            if (removed.FirstOrDefault(running => IsSuccessor(plan, running.Plan))?.Share() is { Count: > 0 } sockets)
            {
                _sockets[plan] = sockets;
            }
        }
    }

    /// <summary>The sockets that a listener takes over; null: it is bound anew.</summary>
    public IReadOnlyList<ListeningDescriptor>? Find(ListenerPlan plan) => _sockets.GetValueOrDefault(plan);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var socket in _sockets.Values.SelectMany(static sockets => sockets))
        {
            socket.Dispose();
        }
    }

    private static bool IsSuccessor(ListenerPlan plan, ListenerPlan before) =>
        plan.Address == before.Address
        && (plan.Address.EndPoint.Port != 0 || plan.Name == before.Name)
        && (plan.Options, plan.Intercept, plan.Mark) == (before.Options, before.Intercept, before.Mark)
        // A buffer that was set cannot be given back to the kernel's autotuning.
        && plan.Socket == before.Socket;
}
