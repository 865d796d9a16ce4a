namespace Gateway.Configuration.Loading;

/// <summary>Wakes a watcher early where the kernel tells of changes. Only an accelerator: the poll is what finds changes.</summary>
internal static class FileSignal
{
    /// <summary>Watches the directory that holds a file: a ConfigMap's swap is a rename in it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="onEvent">Called on any event; from any thread.</param>
    /// <returns>Ends the watch when disposed.</returns>
    /// <exception cref="IOException">No inotify instance or watch is left, or there is no such directory.</exception>
    public static IDisposable Create(string path, Action onEvent)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(directory))
        {
            throw new IOException($"no directory {directory}");
        }

        var watcher = new FileSystemWatcher(directory)
        {
            NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size,
        };
        try
        {
            watcher.Created += (_, _) => onEvent();
            watcher.Changed += (_, _) => onEvent();
            watcher.Deleted += (_, _) => onEvent();
            watcher.Renamed += (_, _) => onEvent();
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch
        {
            watcher.Dispose();
            throw;
        }
    }
}
