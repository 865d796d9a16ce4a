using System.Runtime.InteropServices;

namespace Gateway.Linux;

/// <summary>
/// A file, named pipe or device that bytes are appended to (O_APPEND), so that several writers and a program that truncates the file
/// (<c>copytruncate</c>) leave no gaps. .NET's own append mode only begins at the end of the file.
/// </summary>
public sealed class AppendFile : IDisposable
{
    private readonly FileDescriptor _descriptor;
    private readonly string? _name;

    private AppendFile(FileDescriptor descriptor)
    {
        _descriptor = descriptor;
        _name = ReadName();
    }

    /// <summary>
    /// Whether the file has another name than when it was opened, or none: somebody renamed or removed it, and nobody will look for the
    /// lines there.
    /// </summary>
    public bool WasMoved => ReadName() != _name;

    /// <summary>Opens a file, and creates it if it does not exist. Waits while a named pipe has no reader.</summary>
    /// <param name="path">The path.</param>
    /// <param name="problem">Why the file cannot be opened; null if it was.</param>
    public static AppendFile? Open(string path, out string? problem)
    {
        var number = Syscalls.OpenForAppend(path);
        problem = number < 0 ? Marshal.GetPInvokeErrorMessage(-number) : null;
        return number < 0 ? null : new AppendFile(new FileDescriptor(number));
    }

    /// <summary>Writes all bytes, or as many as possible. Waits while the reader of a pipe takes nothing.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="problem">Why not all bytes were written; null if they were.</param>
    /// <returns>The number of bytes that were written.</returns>
    public int Write(ReadOnlySpan<byte> bytes, out string? problem)
    {
        problem = null;
        var fd = _descriptor.Hold();
        try
        {
            var written = 0;
            while (written < bytes.Length)
            {
                var count = Syscalls.Write(fd, bytes[written..]);
                if (count == -Errno.EAGAIN)
                {
                    Syscalls.WaitForRoom(fd);
                }
                else if (count <= 0)
                {
                    problem = Marshal.GetPInvokeErrorMessage(-count);
                    break;
                }
                else
                {
                    written += count;
                }
            }

            return written;
        }
        finally
        {
            _descriptor.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _descriptor.Dispose();

    // The kernel keeps the name of an open file up to date. Null: /proc is not mounted.
    private string? ReadName()
    {
        var fd = _descriptor.Hold();
        try
        {
            return new FileInfo($"/proc/self/fd/{fd}").LinkTarget;
        }
        catch (IOException)
        {
            return null;
        }
        finally
        {
            _descriptor.Release();
        }
    }
}
