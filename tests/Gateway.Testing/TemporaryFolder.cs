using System.Runtime.InteropServices;

namespace Gateway.Testing;

/// <summary>A folder of its own, gone when disposed. Any user may pass through it: PostgreSQL does not run as root.</summary>
public sealed class TemporaryFolder : IDisposable
{
    /// <summary>Makes the folder.</summary>
    public TemporaryFolder()
    {
        Path = Directory.CreateTempSubdirectory("gateway-test-").FullName;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path, (UnixFileMode)0b111_101_101);
        }
    }

    /// <summary>Its full path.</summary>
    public string Path { get; }

    /// <summary>The path of a file in it.</summary>
    public string Combine(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file and gives its path.</summary>
    public string Write(string name, string text)
    {
        var path = Combine(name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>rename(2): replaces in one step what has the new name, a symlink to a folder too, which File.Move does not.</summary>
    public void Rename(string from, string to)
    {
        if (RenamePath(Combine(from), Combine(to)) != 0)
        {
            throw new IOException($"rename {from} to {to}: error {Marshal.GetLastPInvokeError()}");
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A process that is just ending may still be writing: the folder is in /tmp and small.
        }
    }

    [DllImport("libc", EntryPoint = "rename", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int RenamePath([MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);
}
