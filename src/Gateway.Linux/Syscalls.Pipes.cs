using System.Runtime.InteropServices;

namespace Gateway.Linux;

/// <content>Pipes and splice.</content>
internal static unsafe partial class Syscalls
{
    private const int SetPipeSizeCommand = 1031;
    private const int GetPipeSizeCommand = 1032;
    private const uint SpliceMove = 1;
    private const uint SpliceNonBlock = 2;

    /// <summary>Makes a non-blocking pipe.</summary>
    internal static int Pipe(out int readEnd, out int writeEnd)
    {
        var ends = stackalloc int[2];
        var result = Result(LibC.pipe2(ends, NonBlock | CloseOnExec));
        (readEnd, writeEnd) = result < 0 ? (-1, -1) : (ends[0], ends[1]);
        return result;
    }

    /// <summary>Sets the capacity. The kernel rounds it up to a power of two pages, and returns the result.</summary>
    internal static int SetPipeCapacity(int fd, int bytes) => Result(LibC.fcntl(fd, SetPipeSizeCommand, bytes));

    internal static int GetPipeCapacity(int fd) => Result(LibC.fcntl(fd, GetPipeSizeCommand, 0));

    /// <summary>
    /// Moves pages between a socket and a pipe without copying them. A broken destination raises SIGPIPE (splice has no MSG_NOSIGNAL),
    /// which does no harm, because the .NET runtime ignores this signal from its start.
    /// </summary>
    internal static int Splice(int from, int to, int bytes)
    {
        while (true)
        {
            var count = LibC.splice(from, null, to, null, (nuint)bytes, SpliceMove | SpliceNonBlock);
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
