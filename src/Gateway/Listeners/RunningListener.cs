using System.Net;
using Gateway.Http.Listeners;
using Gateway.Tcp.Engines;

namespace Gateway.Listeners;

/// <summary>One listener with its bound socket: nothing is accepted before <see cref="StartAsync"/>.</summary>
internal abstract class RunningListener(ListenerPlan plan)
{
    private IDisposable? _entry;

    /// <summary>What it was made from; an equal plan needs no new listener.</summary>
    public ListenerPlan Plan { get; } = plan;

    /// <summary>The bound address; the port is the real one also when 0 was asked for.</summary>
    public abstract IPEndPoint LocalEndPoint { get; }

    /// <summary>Enters its address among those that our own connections may not get to, until it accepts no more.</summary>
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

    /// <summary>Stops accepting, then lets live connections end; those that remain after <paramref name="drain"/> are closed.</summary>
    public Task StopAsync(TimeSpan drain)
    {
        _entry?.Dispose();
        return StopServerAsync(drain);
    }

    /// <summary>Gives the socket back without ever having accepted.</summary>
    public ValueTask DiscardAsync()
    {
        _entry?.Dispose();
        return DiscardServerAsync();
    }

    /// <summary>What <see cref="UnbindAsync"/> does.</summary>
    protected abstract ValueTask UnbindSocketAsync();

    /// <summary>What <see cref="StopAsync"/> does.</summary>
    protected abstract Task StopServerAsync(TimeSpan drain);

    /// <summary>What <see cref="DiscardAsync"/> does.</summary>
    protected abstract ValueTask DiscardServerAsync();
}
