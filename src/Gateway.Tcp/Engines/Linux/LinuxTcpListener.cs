using System.Net;
using System.Net.Sockets;
using Gateway.Linux;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>A listener: one <see cref="ListenSocket"/> per loop, or more if it took over more sockets.</summary>
internal sealed class LinuxTcpListener : ITcpEngineListener
{
    private readonly ListenSocket[] _sockets;
    private readonly FileDescriptor[] _descriptors;
    private readonly TcpListenOptions _options;
    private readonly Lazy<Task> _stop;

    internal LinuxTcpListener(
        EventLoop[] loops, FileDescriptor[] descriptors, IPEndPoint localEndPoint, TcpListenOptions options, Func<int>? fault)
    {
        LocalEndPoint = localEndPoint;
        _descriptors = descriptors;
        _options = options;
        _sockets =
        [
            .. descriptors.Select((descriptor, index) => new ListenSocket(loops[index % loops.Length], descriptor, options, fault)),
        ];
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
        if (_options.Inherited.Count > 0)
        {
            ApplyOptions();
        }

        foreach (var socket in _sockets)
        {
            _ = socket.Loop.Post(new LoopCall(() => socket.Start(onAccepted)));
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<ListeningDescriptor> Share()
    {
        var shared = new List<ListeningDescriptor>(_descriptors.Length);
        foreach (var descriptor in _descriptors)
        {
            try
            {
                if (ListeningDescriptor.Duplicate(descriptor.Hold()) is { } copy)
                {
                    shared.Add(copy);
                }

                descriptor.Release();
            }
            catch (ObjectDisposedException)
            {
                // The listener has stopped.
            }
        }

        return shared;
    }

    /// <inheritdoc/>
    public ValueTask StopAsync() => new(_stop.Value);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => StopAsync();

    // Not before the start, because until then the sockets serve another listener, which may stay if the configuration is refused.
    private void ApplyOptions()
    {
        foreach (var descriptor in _descriptors)
        {
            var fd = descriptor.Hold();
            _ = Syscalls.SetOption(fd, SocketOption.KeepAlive, 0);
            _ = SocketOptionSet.ApplyToListener(fd, _options.KeepAlive);
            var isV6 = LocalEndPoint.AddressFamily == AddressFamily.InterNetworkV6;
            _ = SocketOptionSet.Tune(fd, isV6, _options.Socket, _options.UserTimeout ?? TimeSpan.Zero);
            descriptor.Release();
        }
    }

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
