using System.Net;
using Gateway.Http.Listeners;
using Gateway.Linux;
using Gateway.Tcp.Engines;

namespace Gateway.Listeners;

/// <summary>A listener with its bound socket. No connection is accepted before <see cref="StartAsync"/>.</summary>
internal abstract class RunningListener(ListenerPlan plan)
{
    private IDisposable? _entry;

    /// <summary>The plan from which the listener was made. An equal plan needs no new listener.</summary>
    public ListenerPlan Plan { get; } = plan;

    /// <summary>The bound address, with the real port even if port 0 was configured.</summary>
    public abstract IPEndPoint LocalEndPoint { get; }

    /// <summary>
    /// Adds the listener's address to the addresses that the gateway itself must not connect to. The entry stays until the listener stops
    /// accepting.
    /// </summary>
    public void Enter(OwnListeners own) =>
        _entry = own.Add(Plan.Kind == ListenerKind.Traffic ? Plan.Name : Plan.Kind.ToString(), LocalEndPoint, Plan.Address.DualMode);

    /// <summary>Starts accepting.</summary>
    public abstract Task StartAsync(CancellationToken cancellation);

    /// <summary>Stops accepting and frees the address; live connections go on.</summary>
    public ValueTask UnbindAsync()
    {
        _entry?.Dispose();
        return UnbindSocketAsync();
    }

    /// <summary>
    /// Other descriptors of the listening sockets, for the listener that takes their place, in this process or another. Empty where sockets
    /// cannot be shared. The caller disposes them.
    /// </summary>
    public abstract IReadOnlyList<ListeningDescriptor> Share();

    /// <summary>Stops accepting, then lets live connections end; those that remain at the deadline are closed.</summary>
    /// <param name="drain">The time until the deadline.</param>
    /// <param name="deadline">Cancelled when the time is over, which may be earlier than was expected.</param>
    public Task StopAsync(TimeSpan drain, CancellationToken deadline)
    {
        _entry?.Dispose();
        return StopServerAsync(drain, deadline);
    }

    /// <summary>Closes a listener that has never accepted a connection.</summary>
    public ValueTask DiscardAsync()
    {
        _entry?.Dispose();
        return DiscardServerAsync();
    }

    /// <summary>Implements <see cref="UnbindAsync"/>.</summary>
    protected abstract ValueTask UnbindSocketAsync();

    /// <summary>Implements <see cref="StopAsync"/>.</summary>
    protected abstract Task StopServerAsync(TimeSpan drain, CancellationToken deadline);

    /// <summary>Implements <see cref="DiscardAsync"/>.</summary>
    protected abstract ValueTask DiscardServerAsync();
}
