namespace Gateway.Linux;

/// <summary>
/// Finds the kind of a file without opening it, because opening a FIFO waits for a writer, and opening a device may have side effects.
/// </summary>
public static class FileKind
{
    /// <summary>
    /// The kind in words. Null: the path is a regular file or does not exist, or the C library does not support the question.
    /// </summary>
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
