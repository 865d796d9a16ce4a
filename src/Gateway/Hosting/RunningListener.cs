using System.Net;

namespace Gateway.Hosting;

/// <summary>One listener with its bound socket: nothing is accepted before <see cref="StartAsync"/>.</summary>
internal abstract class RunningListener(ListenerPlan plan)
{
    /// <summary>What it was made from; an equal plan needs no new listener.</summary>
    public ListenerPlan Plan { get; } = plan;

    /// <summary>The bound address; the port is the real one also when 0 was asked for.</summary>
    public abstract IPEndPoint LocalEndPoint { get; }

    /// <summary>Starts accepting.</summary>
    public abstract Task StartAsync(CancellationToken cancellation);

    /// <summary>Stops accepting and frees the address; live connections go on.</summary>
    public abstract ValueTask UnbindAsync();

    /// <summary>Stops accepting, then lets live connections end; those that remain after <paramref name="drain"/> are closed.</summary>
    public abstract Task StopAsync(TimeSpan drain);

    /// <summary>Gives the socket back without ever having accepted.</summary>
    public abstract ValueTask DiscardAsync();
}
