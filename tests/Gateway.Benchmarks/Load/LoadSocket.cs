using System.Diagnostics;
using Gateway.Linux;

namespace Gateway.Benchmarks.Load;

/// <summary>One descriptor of the load tool with what its side of the test needs to remember.</summary>
internal sealed class LoadSocket(int number)
{
    private readonly FileDescriptor _descriptor = new(number);
    private bool _held;

    public int Fd { get; } = number;

    public bool IsListener { get; init; }

    public Service Service { get; init; }

    /// <summary>Bytes still to come before the payload: the rest of a PROXY header (server), of an answer (client).</summary>
    public int Remaining { get; set; }

    public bool HeaderSeen { get; set; }

    public bool IsConnected { get; set; }

    /// <summary>A client's: 101 has not come yet.</summary>
    public bool AwaitsUpgrade { get; set; }

    public long SentAt { get; set; }

    /// <summary>Begins to connect.</summary>
    /// <exception cref="InvalidOperationException">No socket could be made, or the connect failed at once.</exception>
    public static LoadSocket Connect(in SockAddr target)
    {
        var fd = Syscalls.Socket(SockAddr.InterNetwork);
        if (fd < 0)
        {
            throw new InvalidOperationException($"socket: errno {-fd}");
        }

        _ = Syscalls.SetOption(fd, SocketOption.NoDelay, 1);
        var connected = Syscalls.Connect(fd, target);
        if (connected is < 0 and not -Errno.EINPROGRESS)
        {
            throw new InvalidOperationException($"connect to {target.ToIPEndPoint()}: errno {-connected}");
        }

        return new LoadSocket(fd) { SentAt = Stopwatch.GetTimestamp() };
    }

    public void Register(EpollSet epoll, EpollEvents events, int index)
    {
        _held = true;
        _ = epoll.Add(_descriptor.Hold(), events, (ulong)index);
    }

    public void Close(bool reset)
    {
        if (reset)
        {
            _ = Syscalls.SetResetOnClose(Fd);
        }

        if (_held)
        {
            _descriptor.Release();
        }

        _descriptor.Dispose();
    }
}

/// <summary>What a backend port does.</summary>
internal enum Service
{
    /// <summary>Sends back what it gets.</summary>
    Echo,

    /// <summary>The same, after a PROXY header.</summary>
    EchoAfterHeader,

    /// <summary>Reads and counts.</summary>
    Sink,

    /// <summary>Answers the head of a request with 101, and sends back what follows.</summary>
    Upgrade,
}
