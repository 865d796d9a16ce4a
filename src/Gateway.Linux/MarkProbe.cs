namespace Gateway.Linux;

/// <summary>Finds out whether this process may mark its packets (SO_MARK): CAP_NET_ADMIN, or CAP_NET_RAW since Linux 5.17.</summary>
internal static class MarkProbe
{
    /// <summary>Tries the option on a temporary socket. False on other systems.</summary>
    public static bool IsPermitted()
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        var number = Syscalls.Socket(SockAddr.InterNetwork);
        if (number < 0)
        {
            return false;
        }

        using var descriptor = new FileDescriptor(number);
        var fd = descriptor.Hold();
        var permitted = Syscalls.SetOption(fd, SocketOption.Mark, 1) >= 0;
        descriptor.Release();
        return permitted;
    }
}
