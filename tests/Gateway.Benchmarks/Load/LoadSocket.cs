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
