using System.Net.Sockets;

namespace Gateway.Linux;

/// <summary>
/// Finds out whether this process may connect from a foreign address (IP_TRANSPARENT): CAP_NET_RAW or CAP_NET_ADMIN.
/// </summary>
public static class TransparentProbe
{
    /// <summary>
    /// Tries the option on a temporary socket. This is more reliable than reading capabilities, because user namespaces and security
    /// modules may also refuse. False on other systems.
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
