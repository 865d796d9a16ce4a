using System.Runtime.InteropServices;

namespace Gateway.Linux;

/// <content>Standard output, standard error, and waiting with poll(2).</content>
internal static unsafe partial class Syscalls
{
    private const short PollOut = 4;
    private const short PollError = 8;

    /// <summary>Waits until a descriptor takes bytes, or has an error.</summary>
    internal static void WaitForRoom(int fd)
    {
        var entry = new PollEntry { Descriptor = fd, Events = PollOut };
        _ = LibC.poll(&entry, 1, Timeout.Infinite);
    }

    /// <summary>Whether a socket has an error that nobody has read yet. Does not read the error, and does not wait.</summary>
    internal static bool HasError(int fd)
    {
        var entry = new PollEntry { Descriptor = fd };
        return LibC.poll(&entry, 1, 0) > 0 && (entry.Returned & PollError) != 0;
    }

    /// <summary>Writes bytes. Returns their number, or −errno.</summary>
    internal static int Write(int fd, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* pointer = bytes)
        {
            while (true)
            {
                var count = LibC.write(fd, pointer, (nuint)bytes.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                var error = Marshal.GetLastSystemError();
                if (error != Errno.EINTR)
                {
                    return -error;
                }
            }
        }
    }
}
