using System.Text.RegularExpressions;

namespace Gateway.Tests.Tidy;

/// <summary>Our documents, as the tidy tests read them: their links, headings and table cells.</summary>
internal static class Markdown
{
    /// <summary>All documents of the repository.</summary>
    public static IEnumerable<SourceFile> Documents => Repository.Files.Where(file => file.Path.EndsWith(".md", StringComparison.Ordinal));

    /// <summary>One document.</summary>
    public static SourceFile Document(string path) => Repository.Files.Single(file => file.Path == path);

    /// <summary>Its links to files of the repository, and to its own headings.</summary>
    public static IEnumerable<string> LinksOf(SourceFile document) =>
        Regex.Matches(WithoutCode(document.Text), @"\]\(([^)\s]+)\)").Select(match => match.Groups[1].Value)
            .Where(link => !link.Contains("://", StringComparison.Ordinal));

    /// <summary>The file that a link leads to, as a path from the root, and the heading there, if the link names one.</summary>
    public static (string Path, string? Anchor) TargetOf(SourceFile document, string link)
    {
        var parts = link.Split('#', 2);
        var folder = Path.GetDirectoryName(document.Path)!;
        var path = parts[0].Length == 0
            ? document.Path
            : Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, folder, parts[0]))).Replace('\\', '/');
        return (path, parts.Length == 1 ? null : parts[1]);
    }

    /// <summary>The headings of a document.</summary>
    public static IEnumerable<string> HeadingsOf(SourceFile document) =>
        WithoutCode(document.Text).Split('\n').Where(line => line.StartsWith('#')).Select(line => line.TrimStart('#').Trim());

    /// <summary>
    /// The headings' anchors as GitHub makes them: lower case, no punctuation, dashes for spaces; the second of a name has -1.
    /// </summary>
    public static IReadOnlySet<string> AnchorsOf(SourceFile document)
    {
        var seen = new Dictionary<string, int>();
        var anchors = new HashSet<string>();
        foreach (var heading in HeadingsOf(document))
        {
            var anchor = Regex.Replace(heading.ToLowerInvariant(), @"[^\w\- ]", "").Replace(' ', '-');
            var before = seen.GetValueOrDefault(anchor);
            seen[anchor] = before + 1;
            anchors.Add(before == 0 ? anchor : $"{anchor}-{before}");
        }

        return anchors;
    }

    /// <summary>Whether a line is a row of a table.</summary>
    public static bool IsTableRow(string line) => line.TrimStart().StartsWith('|');

    /// <summary>The cells of a row. A pipe behind a backslash is a character of its cell.</summary>
    public static IEnumerable<string> CellsOf(string row) => Regex.Split(row.Trim().Trim('|'), @"(?<!\\)\|").Select(cell => cell.Trim());

    private static string WithoutCode(string text) =>
        Regex.Replace(text, "^ *```.*?^ *```", "", RegexOptions.Multiline | RegexOptions.Singleline);
}
