using System.Net.Sockets;

namespace Gateway.Linux;

/// <summary>
/// TCP keep-alive (SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT). It can be set at any time in a connection's life, and accepted
/// sockets inherit it from the listening socket. The kernel counts in whole seconds, 1 to 32767. A part of a second is rounded up, so that
/// no probe comes early.
/// </summary>
public static class KeepAliveProbes
{
    private const int MostSeconds = 32767;

    /// <summary>Starts probes on a managed socket, on every system.</summary>
    /// <param name="socket">A socket that is connected, about to connect, or listening.</param>
    /// <param name="time">Silence before the first probe.</param>
    /// <param name="interval">Time between probes.</param>
    /// <param name="retries">Unanswered probes until the connection counts as dead.</param>
    /// <exception cref="SocketException">Some systems refuse options on a socket whose peer has already reset it.</exception>
    public static void Start(Socket socket, TimeSpan time, TimeSpan interval, int retries)
    {
        ArgumentNullException.ThrowIfNull(socket);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, Seconds(time));
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, Seconds(interval));
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, retries);
    }

    /// <summary>Starts probes on a descriptor.</summary>
    internal static void Start(int fd, TimeSpan time, TimeSpan interval, int retries)
    {
        _ = Syscalls.SetOption(fd, SocketOption.KeepAlive, 1);
        _ = Syscalls.SetOption(fd, SocketOption.KeepIdle, Seconds(time));
        _ = Syscalls.SetOption(fd, SocketOption.KeepInterval, Seconds(interval));
        _ = Syscalls.SetOption(fd, SocketOption.KeepCount, retries);
    }

    /// <summary>The value for the kernel.</summary>
    internal static int Seconds(TimeSpan time) => (int)Math.Clamp(Math.Ceiling(time.TotalSeconds), 1, MostSeconds);
}
