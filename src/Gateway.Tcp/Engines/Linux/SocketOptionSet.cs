using Gateway.Linux;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>The options of every socket that carries a client's bytes. Set on a listening socket, accepted ones inherit them for nothing.</summary>
internal static class SocketOptionSet
{
    /// <summary>0, or −errno.</summary>
    internal static int Apply(int fd, TcpKeepAlive? keepAlive)
    {
        // Bytes go on as they come; whoever sent them has already decided on their size.
        var result = Syscalls.SetOption(fd, SocketOption.NoDelay, 1);

        // A relay cannot pass on where the urgent byte is, but it must not lose it.
        _ = Syscalls.SetOption(fd, SocketOption.OutOfBandInline, 1);
        if (keepAlive is not null)
        {
            _ = Syscalls.SetOption(fd, SocketOption.KeepAlive, 1);
            _ = Syscalls.SetOption(fd, SocketOption.KeepIdle, Seconds(keepAlive.Time));
            _ = Syscalls.SetOption(fd, SocketOption.KeepInterval, Seconds(keepAlive.Interval));
            _ = Syscalls.SetOption(fd, SocketOption.KeepCount, keepAlive.Retries);
        }

        return result;
    }

    private static int Seconds(TimeSpan time) => Math.Max(1, (int)Math.Min(int.MaxValue, time.TotalSeconds));
}
