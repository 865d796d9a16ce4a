namespace Gateway.Linux;

/// <summary>
/// Writes to standard output and standard error, and reports how many bytes were written. .NET's own streams report success if the reader
/// has gone, and do not report how many bytes were written before an error.
/// </summary>
public static class StandardStreams
{
    /// <summary>Writes all bytes, or as many as possible. Waits while the reader takes nothing.</summary>
    /// <param name="isError">Whether to write to standard error instead of standard output.</param>
    /// <param name="bytes">The bytes.</param>
    /// <returns>
    /// The number of bytes that were written. Not all are written if the disk is full, the reader has gone or the descriptor is closed.
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
                // A parent process may have made the descriptor non-blocking.
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
