using System.Globalization;

namespace Gateway.Linux.Bpf;

/// <summary>The cgroup (version 2) of this process. A program that is attached there sees the sockets of this process.</summary>
internal static class OwnCgroup
{
    /// <summary>The folder of the cgroup; null if this process sees no mounted cgroup v2.</summary>
    internal static string? FindFolder()
    {
        try
        {
            return FindFolders(File.ReadLines("/proc/self/cgroup"), File.ReadLines("/proc/self/mountinfo"))
                .FirstOrDefault(HoldsThisProcess);
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// The possible folders, from the lines of /proc/self/cgroup (cgroups(7)) and /proc/self/mountinfo (proc_pid_mountinfo(5)): one folder
    /// for each mount, because one mount may cover another.
    /// </summary>
    internal static IEnumerable<string> FindFolders(IEnumerable<string> cgroups, IEnumerable<string> mounts)
    {
        const string Unified = "0::";
        var path = cgroups.FirstOrDefault(static line => line.StartsWith(Unified, StringComparison.Ordinal))?[Unified.Length..];
        // "/../x" is outside of this cgroup namespace. Below a mount, this path would be a foreign folder, or would not exist.
        if (path is null || path.Split('/').Contains(".."))
        {
            yield break;
        }

        foreach (var line in mounts)
        {
            var fields = line.Split(' ');
            var separator = Array.IndexOf(fields, "-");
            if (separator < 6
                || fields.Length <= separator + 1
                || fields[separator + 1] != "cgroup2"
                || fields[3].Split('/').Contains(".."))
            {
                continue;
            }

            // Root and mount point. A container without its own cgroup namespace sees the host's path, and its mount has only its own part
            // of the tree.
            var (root, mountPoint) = (fields[3], fields[4]);
            var below = root != "/" && (path == root || path.StartsWith(root + "/", StringComparison.Ordinal)) ? path[root.Length..] : path;
            yield return Path.Join(mountPoint, below);
        }
    }

    // A mount that covers the cgroup mount has no such folder, or a folder whose list does not contain this process.
    private static bool HoldsThisProcess(string folder)
    {
        var list = Path.Join(folder, "cgroup.procs");
        try
        {
            return File.Exists(list) && File.ReadLines(list).Contains(Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            // EOPNOTSUPP: a threaded cgroup has no list of processes.
            return true;
        }
    }
}
