using System.Net;
using Gateway.Linux;
using Gateway.Tcp.Pipeline;

namespace Gateway.Listeners;

/// <summary>A TCP listener whose engine runs the connection pipeline on its own threads, without a hop through Kestrel.</summary>
internal sealed class DirectTcpListener(ListenerPlan plan, BoundTcpListener listener) : RunningListener(plan)
{
    public override IPEndPoint LocalEndPoint => listener.LocalEndPoint;

    public override Task StartAsync(CancellationToken cancellation)
    {
        listener.Start();
        return Task.CompletedTask;
    }

    public override IReadOnlyList<ListeningDescriptor> Share() => listener.Share();

    protected override ValueTask UnbindSocketAsync() => listener.StopAsync();

    /// <summary>Live connections go on by themselves; at shutdown the data plane drains them all.</summary>
    protected override Task StopServerAsync(TimeSpan drain, CancellationToken deadline) => listener.StopAsync().AsTask();

    protected override ValueTask DiscardServerAsync() => listener.StopAsync();
}
