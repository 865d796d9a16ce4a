using System.Globalization;

namespace Gateway.Linux.Bpf;

/// <summary>The cgroup (version 2) that this process is in: its sockets are what a program attached there sees.</summary>
internal static class OwnCgroup
{
    /// <summary>Its folder, or null if no cgroup v2 is mounted where this process can see it.</summary>
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
    /// Where it may be, from the lines of /proc/self/cgroup (cgroups(7)) and /proc/self/mountinfo (proc_pid_mountinfo(5)): one folder for
    /// each mount, since another may cover one.
    /// </summary>
    internal static IEnumerable<string> FindFolders(IEnumerable<string> cgroups, IEnumerable<string> mounts)
    {
        const string Unified = "0::";
        var path = cgroups.FirstOrDefault(static line => line.StartsWith(Unified, StringComparison.Ordinal))?[Unified.Length..];
        // "/../x": outside of this cgroup namespace. Below a mount that would be somebody else's folder, or none.
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

            // Root and mount point. Without a namespace of its own a container sees the host's path, and a mount of its own part of the
            // tree.
            var (root, mountPoint) = (fields[3], fields[4]);
            var below = root != "/" && (path == root || path.StartsWith(root + "/", StringComparison.Ordinal)) ? path[root.Length..] : path;
            yield return Path.Join(mountPoint, below);
        }
    }

    // What covers a mount has no such folder, or one whose list does not have us.
    private static bool HoldsThisProcess(string folder)
    {
        var list = Path.Join(folder, "cgroup.procs");
        try
        {
            return File.Exists(list) && File.ReadLines(list).Contains(Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            // EOPNOTSUPP: a threaded cgroup keeps no list of processes.
            return true;
        }
    }
}
