namespace Gateway.Linux;

/// <summary>Whether this process may mark its packets (SO_MARK): CAP_NET_ADMIN, since Linux 5.17 CAP_NET_RAW also.</summary>
public static class MarkProbe
{
    /// <summary>Tries the option on a socket that is closed again. False on other systems.</summary>
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
