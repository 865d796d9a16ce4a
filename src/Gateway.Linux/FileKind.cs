namespace Gateway.Linux;

/// <summary>
/// What a path leads to, found without opening it: opening a FIFO waits for a writer, and opening a device may do anything.
/// </summary>
public static class FileKind
{
    /// <summary>In words, if it is there and no regular file; null otherwise, and where the C library cannot tell.</summary>
    /// <param name="path">The path; symbolic links are followed.</param>
    public static string? OtherThanFile(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            return Syscalls.FileMode(path) switch
            {
                // inode(7), S_IFMT.
                0x1000 => "a FIFO",
                0x2000 or 0x6000 => "a device",
                0x4000 => "a directory",
                0xC000 => "a socket",
                _ => null,
            };
        }
        catch (EntryPointNotFoundException)
        {
            // musl before 1.2.5 has no statx.
            return null;
        }
    }
}
