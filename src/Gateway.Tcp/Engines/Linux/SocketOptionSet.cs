using Gateway.Linux;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// The options of every socket that carries a client's bytes. Set on a listening socket, accepted ones inherit them for nothing.
/// </summary>
internal static class SocketOptionSet
{
    /// <summary>For a listening socket: all of them. 0, or −errno.</summary>
    internal static int ApplyToListener(int fd, TcpKeepAlive? keepAlive)
    {
        KeepUrgentBytes(fd);
        if (keepAlive is not null)
        {
            StartKeepAlive(fd, keepAlive);
        }

        return ApplyToBackend(fd);
    }

    /// <summary>
    /// For a socket that is about to be dialed: only what its first byte needs, since each option is a syscall per connection (measured:
    /// six of them cost 4 % of a short connection). The others come when there is a use for them. 0, or −errno.
    /// </summary>
    internal static int ApplyToBackend(int fd) =>
        // Bytes go on as they come; whoever sent them has already decided on their size.
        Syscalls.SetOption(fd, SocketOption.NoDelay, 1);

    /// <summary>
    /// A relay cannot pass on where the urgent byte is, but it must not lose it. In time when EPOLLPRI is seen, before the byte is read.
    /// </summary>
    internal static void KeepUrgentBytes(int fd) => _ = Syscalls.SetOption(fd, SocketOption.OutOfBandInline, 1);

    /// <summary>Probes after a silence.</summary>
    internal static void StartKeepAlive(int fd, TcpKeepAlive keepAlive) =>
        KeepAliveProbes.Start(fd, keepAlive.Time, keepAlive.Interval, keepAlive.Retries);
}
