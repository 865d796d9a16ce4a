namespace Gateway.Configuration.Loading;

/// <summary>
/// Wakes a watcher early when the kernel reports a change. This is only an optimization: the poll finds all changes without it.
/// </summary>
internal static class FileSignal
{
    /// <summary>Watches the directory of the file, because a change of a ConfigMap is a rename in the directory.</summary>
    /// <param name="path">The file.</param>
    /// <param name="onEvent">Called on any event; from any thread.</param>
    /// <returns>The watch; it ends when it is disposed.</returns>
    /// <exception cref="IOException">No inotify instance or watch is left, or the directory does not exist.</exception>
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
