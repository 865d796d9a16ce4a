using Gateway.Testing;

namespace Gateway.Tests.Tidy;

/// <summary>The files of this repository, as the tidy tests read them.</summary>
internal static class Repository
{
    private static readonly string[] NotOurs = ["bin", "obj", "artifacts", "TestResults", ".git", ".vs", ".idea", "node_modules"];

    /// <summary>The folder of Gateway.sln.</summary>
    public static string Root => RepositoryPaths.Root;

    /// <summary>All text files that are ours, with their paths from the root, separated by slashes.</summary>
    public static IReadOnlyList<SourceFile> Files { get; } =
        [.. Walk(Root).Where(path => !IsBinary(path)).Select(path => new SourceFile(Relative(path), File.ReadAllText(path)))];

    /// <summary>Our files of one kind below a folder.</summary>
    public static IEnumerable<SourceFile> Under(string folder, string extension) =>
        Files.Where(file => file.Path.StartsWith(folder, StringComparison.Ordinal) && file.Path.EndsWith(extension, StringComparison.Ordinal));

    /// <summary>Whether a file or folder exists, by its path from the root.</summary>
    public static bool Exists(string path) => Path.Exists(Path.Combine(Root, path));

    private static IEnumerable<string> Walk(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            // In a git worktree .git is a file.
            if (!NotOurs.Contains(Path.GetFileName(file)))
            {
                yield return file;
            }
        }

        foreach (var child in Directory.EnumerateDirectories(folder).Where(child => !NotOurs.Contains(Path.GetFileName(child))))
        {
            foreach (var file in Walk(child))
            {
                yield return file;
            }
        }
    }

    private static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    private static bool IsBinary(string path)
    {
        using var file = File.OpenRead(path);
        var head = new byte[512];
        var length = file.Read(head);
        return head.AsSpan(0, length).Contains((byte)0);
    }
}

/// <summary>One file.</summary>
internal sealed record SourceFile(string Path, string Text)
{
    /// <summary>The file's name without its folders.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>Its lines, numbered from 1.</summary>
    public IEnumerable<(int Number, string Text)> Lines => Text.Split('\n').Select((line, index) => (index + 1, line.TrimEnd('\r')));
}
