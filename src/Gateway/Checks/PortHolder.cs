using System.Globalization;

namespace Gateway.Checks;

/// <summary>A process that listens on a port, found in /proc (proc_pid_net(5), proc_pid_fd(5)).</summary>
/// <param name="Pid">The process id.</param>
/// <param name="Name">The process name.</param>
/// <param name="IsGateway">Whether the process runs the same program as this process.</param>
internal sealed record PortHolder(int Pid, string Name, bool IsGateway)
{
    private const string Listening = "0A";
    private const int LocalField = 1;
    private const int StateField = 3;
    private const int InodeField = 9;

    /// <summary>
    /// The processes that listen on a port. The list may be incomplete, because only root can see the descriptors of other users.
    /// </summary>
    public static IReadOnlyList<PortHolder> Find(int port)
    {
        var links = Sockets("/proc/net/tcp", port).Concat(Sockets("/proc/net/tcp6", port)).ToHashSet();
        if (links.Count == 0)
        {
            return [];
        }

        var own = Link("/proc/self/exe");
        return
        [
            .. from folder in Directory.EnumerateDirectories("/proc")
            let pid = int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0
            where pid != 0 && Descriptors(folder).Any(links.Contains)
            select new PortHolder(pid, NameOf(folder), own is not null && Link($"{folder}/exe") == own),
        ];
    }

    private static IEnumerable<string> Sockets(string file, int port)
    {
        if (!File.Exists(file))
        {
            return [];
        }

        var ending = string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
        return from line in File.ReadLines(file).Skip(1)
               let fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
               where
                   fields.Length > InodeField
                   && fields[StateField] == Listening
                   && fields[LocalField].EndsWith(ending, StringComparison.Ordinal)
               select $"socket:[{fields[InodeField]}]";
    }

    private static IEnumerable<string> Descriptors(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries($"{folder}/fd").Select(Link).OfType<string>()];
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // The process belongs to another user, or has ended meanwhile.
            return [];
        }
    }

    private static string? Link(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string NameOf(string folder)
    {
        try
        {
            return File.ReadAllText($"{folder}/comm").Trim();
        }
        catch (IOException)
        {
            return "?";
        }
    }
}
