using System.Net;
using Gateway.Linux;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>A listener: one <see cref="ListenSocket"/> per loop.</summary>
internal sealed class LinuxTcpListener : ITcpEngineListener
{
    private readonly ListenSocket[] _sockets;
    private readonly Lazy<Task> _stop;

    internal LinuxTcpListener(
        EventLoop[] loops, FileDescriptor[] descriptors, IPEndPoint localEndPoint, TcpListenOptions options, Func<int>? fault)
    {
        LocalEndPoint = localEndPoint;
        _sockets = [.. loops.Zip(descriptors, (loop, descriptor) => new ListenSocket(loop, descriptor, options, fault))];
        foreach (var socket in _sockets)
        {
            socket.Siblings = [.. _sockets.Where(other => other != socket)];
        }

        _stop = new Lazy<Task>(() => Task.WhenAll(_sockets.Select(StopOne)));
    }

    /// <inheritdoc/>
    public IPEndPoint LocalEndPoint { get; }

    /// <inheritdoc/>
    public void Start(Action<TcpConnection> onAccepted)
    {
        foreach (var socket in _sockets)
        {
            _ = socket.Loop.Post(new LoopCall(() => socket.Start(onAccepted)));
        }
    }

    /// <inheritdoc/>
    public ValueTask StopAsync() => new(_stop.Value);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => StopAsync();

    private static Task StopOne(ListenSocket socket)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var call = new LoopCall(() =>
        {
            socket.DrainAndClose();
            stopped.SetResult();
        });
        if (!socket.Loop.Post(call))
        {
            // The loop has ended, and closed its sockets.
            socket.Close();
            stopped.SetResult();
        }

        return stopped.Task;
    }
}
