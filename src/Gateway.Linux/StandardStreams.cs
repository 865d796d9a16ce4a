namespace Gateway.Linux;

/// <summary>
/// Writes to standard output and standard error, and says how far it came. .NET's own streams take a reader that has gone for success, and
/// lose what was written before an error.
/// </summary>
public static class StandardStreams
{
    /// <summary>Writes everything, or as much as can be; waits while the reader takes nothing.</summary>
    /// <param name="isError">Standard error instead of standard output.</param>
    /// <param name="bytes">What.</param>
    /// <returns>
    /// How many bytes were written: fewer than there are if the disk is full, the reader has gone or the descriptor is closed.
    /// </returns>
    public static int Write(bool isError, ReadOnlySpan<byte> bytes)
    {
        var fd = isError ? 2 : 1;
        var written = 0;
        while (written < bytes.Length)
        {
            var count = Syscalls.Write(fd, bytes[written..]);
            if (count == -Errno.EAGAIN)
            {
                // A parent process may have made it non-blocking.
                Syscalls.WaitForRoom(fd);
            }
            else if (count <= 0)
            {
                break;
            }
            else
            {
                written += count;
            }
        }

        return written;
    }
}
