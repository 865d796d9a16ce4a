using System.ComponentModel;
using System.Runtime.InteropServices;
using Xunit;

namespace Gateway.Testing.Processes;

/// <summary>
/// A cgroup (version 2) of a test's own, so that a program that a gateway attaches to its cgroup sees nobody else's sockets. Removed when disposed, after the
/// processes in it have ended.
/// </summary>
public sealed class ControlGroup : IDisposable
{
    private const int OpenDirectory = 0x10000;
    private const int OpenDirectoryArm64 = 0x4000;
    private const int QueryPrograms = 16;
    private const int SockOps = 3;

    private static int _count;

    private ControlGroup(string path) => Path = path;

    /// <summary>Its folder.</summary>
    public string Path { get; }

    /// <summary>What to put in front of a command to run it inside.</summary>
    public IReadOnlyList<string> CommandPrefix => ["sh", "-c", $"echo $$ > {Path}/cgroup.procs && exec \"$@\"", "sh"];

    /// <summary>Makes one, or skips the test with the reason why it cannot.</summary>
    public static ControlGroup Create()
    {
        var mount = File.Exists("/proc/self/mountinfo")
            ? File.ReadLines("/proc/self/mountinfo").Select(static line => line.Split(' ')).FirstOrDefault(static fields => fields.Contains("cgroup2"))?[4]
            : null;
        if (mount is null)
        {
            Assert.Skip("no cgroup v2 is mounted here.");
        }

        RemoveLeftovers(mount);
        var path = $"{mount}/gwt{Environment.ProcessId}x{Interlocked.Increment(ref _count)}";
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Assert.Skip($"a cgroup cannot be made here: {e.Message}");
        }

        return new ControlGroup(path);
    }

    /// <summary>Moves a running process into it.</summary>
    public void Move(ManagedProcess process) =>
        File.WriteAllText($"{Path}/cgroup.procs", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>How many sock_ops programs are attached to it.</summary>
    public int SockOpsPrograms()
    {
        var fd = Open(Path, RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? OpenDirectoryArm64 : OpenDirectory);
        if (fd < 0)
        {
            throw new Win32Exception();
        }

        // union bpf_attr: the target, the kind, flags, and a count that the kernel fills in.
        var attributes = new int[8];
        (attributes[0], attributes[1]) = (fd, SockOps);
        var result = Bpf(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 280 : 321, QueryPrograms, attributes, attributes.Length * sizeof(int));
        var failure = result < 0 ? new Win32Exception() : null;
        _ = Close(fd);
        return failure is null ? attributes[6] : throw failure;
    }

    /// <inheritdoc />
    public void Dispose() => Remove(Path);

    /// <summary>A test program that was killed could not remove its groups: the next one does.</summary>
    private static void RemoveLeftovers(string mount)
    {
        foreach (var path in Directory.GetDirectories(mount, "gwt*x*"))
        {
            var name = System.IO.Path.GetFileName(path);
            if (!Directory.Exists($"/proc/{name[3..name.IndexOf('x', StringComparison.Ordinal)]}"))
            {
                Remove(path);
            }
        }
    }

    private static void Remove(string path)
    {
        try
        {
            // rmdir, not recursive: its files are the kernel's.
            Directory.Delete(path);
        }
        catch (IOException)
        {
            // A process is still ending in it: the next run removes it.
        }
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int fd);

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Bpf(nint number, nint command, [In, Out] int[] attributes, nint length);
}
