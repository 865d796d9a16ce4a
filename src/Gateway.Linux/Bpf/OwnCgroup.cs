namespace Gateway.Linux.Bpf;

/// <summary>The cgroup (version 2) that this process is in: its sockets are what a program attached there sees.</summary>
internal static class OwnCgroup
{
    /// <summary>Its folder, or null if no cgroup v2 is mounted where this process can see it.</summary>
    internal static string? FindFolder()
    {
        try
        {
            return FindFolder(File.ReadLines("/proc/self/cgroup"), File.ReadLines("/proc/self/mountinfo"));
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

    /// <summary>The same from the lines of /proc/self/cgroup (cgroups(7)) and /proc/self/mountinfo (proc_pid_mountinfo(5)).</summary>
    internal static string? FindFolder(IEnumerable<string> cgroups, IEnumerable<string> mounts)
    {
        const string Unified = "0::";
        var path = cgroups.FirstOrDefault(static line => line.StartsWith(Unified, StringComparison.Ordinal))?[Unified.Length..];
        if (path is null)
        {
            return null;
        }

        foreach (var line in mounts)
        {
            var fields = line.Split(' ');
            var separator = Array.IndexOf(fields, "-");
            if (separator < 6 || fields.Length <= separator + 1 || fields[separator + 1] != "cgroup2")
            {
                continue;
            }

            // Root and mount point. Without a namespace of its own a container sees the host's path, and a mount of its own part of the tree.
            var (root, mountPoint) = (fields[3], fields[4]);
            var below = root != "/" && (path == root || path.StartsWith(root + "/", StringComparison.Ordinal)) ? path[root.Length..] : path;
            return Path.Join(mountPoint, below);
        }

        return null;
    }
}
