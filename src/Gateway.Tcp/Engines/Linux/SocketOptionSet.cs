using Gateway.Linux;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// The options of every socket that carries a client's bytes. Accepted sockets inherit the options of the listening socket at no cost.
/// </summary>
internal static class SocketOptionSet
{
    /// <summary>For a listening socket: sets all options. Returns 0 or −errno.</summary>
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
    /// For a socket that is about to be dialed: sets only the option that the first byte needs, because each option is a syscall per
    /// connection (measured: six options cost 4 % of a short connection). Other options are set when they are needed. Returns 0 or −errno.
    /// </summary>
    internal static int ApplyToBackend(int fd) =>
        // No Nagle delay, because the sender has already decided on the size of its writes.
        Syscalls.SetOption(fd, SocketOption.NoDelay, 1);

    /// <summary>Sets buffers, DSCP and TCP_USER_TIMEOUT, before listen or connect. Returns 0 or −errno.</summary>
    internal static int Tune(int fd, bool isV6, TcpSocketOptions? options, TimeSpan? userTimeout) =>
        options is null && userTimeout is null
            ? 0
            : SocketTuning.Apply(fd, isV6, options?.SendBufferBytes, options?.ReceiveBufferBytes, options?.Dscp, userTimeout);

    /// <summary>
    /// Keeps urgent bytes in the stream, because a relay cannot pass on the urgent position, but must not lose the byte. It is early enough
    /// to set this at EPOLLPRI, before the byte is read.
    /// </summary>
    internal static void KeepUrgentBytes(int fd) => _ = Syscalls.SetOption(fd, SocketOption.OutOfBandInline, 1);

    /// <summary>Starts keep-alive probes.</summary>
    internal static void StartKeepAlive(int fd, TcpKeepAlive keepAlive) =>
        KeepAliveProbes.Start(fd, keepAlive.Time, keepAlive.Interval, keepAlive.Retries);
}
