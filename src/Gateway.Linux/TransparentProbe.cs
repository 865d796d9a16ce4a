using System.Net.Sockets;

namespace Gateway.Linux;

/// <summary>Whether this process may connect from an address that is not its own (IP_TRANSPARENT): CAP_NET_RAW or CAP_NET_ADMIN.</summary>
public static class TransparentProbe
{
    /// <summary>
    /// Tries the option on a socket that is closed again. Asking the kernel is surer than reading capabilities: user namespaces and
    /// security modules have a say too. False on other systems.
    /// </summary>
    public static bool IsPermitted()
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        return Try(AddressFamily.InterNetwork) || Try(AddressFamily.InterNetworkV6);
    }

    private static bool Try(AddressFamily family)
    {
        var number = Syscalls.Socket(family == AddressFamily.InterNetworkV6 ? SockAddr.InterNetworkV6 : SockAddr.InterNetwork);
        if (number < 0)
        {
            return false;
        }

        using var descriptor = new FileDescriptor(number);
        var fd = descriptor.Hold();
        var permitted = Syscalls.SetOption(fd, SocketOption.Transparent(family), 1) >= 0;
        descriptor.Release();
        return permitted;
    }
}
