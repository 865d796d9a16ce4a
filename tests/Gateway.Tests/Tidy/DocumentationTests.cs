using System.Text.RegularExpressions;
using Gateway.Configuration.Loading;

namespace Gateway.Tests.Tidy;

/// <summary>What the documents say about the repository is true.</summary>
public sealed class DocumentationTests
{
    private static IEnumerable<SourceFile> Documents => Repository.Files.Where(file => file.Path.EndsWith(".md", StringComparison.Ordinal));

    private static SourceFile Readme => Repository.Files.Single(file => file.Path == "README.md");

    [Theory]
    [InlineData("dotnet run --project src/Gateway -- demo", "src/Gateway/Gateway.csproj")]
    [InlineData("bash tests/run.sh", "tests/run.sh")]
    public void Readme_TheTwoCommands_AreThereAndRunSomething(string command, string file)
    {
        Assert.Contains(command, Readme.Text, StringComparison.Ordinal);
        Assert.True(Repository.Exists(file));
    }

    [Fact]
    public void Readme_TheConfigurationByExample_IsValid()
    {
        var example = Regex.Match(Readme.Text, "^```jsonc\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline).Groups[1].Value;

        Assert.Empty(ConfigReader.Parse(example, new Dictionary<string, string>()).Errors);
    }

    [Fact]
    public void Links_ToOurFiles_Resolve()
    {
        var broken = Documents.SelectMany(document => LinksOf(document).Where(link => !Resolves(document, link)).Select(link => $"{document.Path}: {link}"));

        Findings.AssertNone(broken);
    }

    [Fact]
    public void Documents_InDocs_AreLinkedFromTheReadme()
    {
        var linked = LinksOf(Readme).Select(link => link.Split('#')[0]).ToHashSet();

        Assert.All(Repository.Under("docs/", ".md"), file => Assert.Contains(file.Path, linked));
    }

    [Fact]
    public void Scripts_OfTheRepository_AreExecutable()
    {
        var scripts = Repository.Files.Where(file => file.Text.StartsWith("#!", StringComparison.Ordinal)).ToArray();

        Assert.NotEmpty(scripts);
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no executable bit.");
            return;
        }

        foreach (var path in scripts.Select(file => file.Path))
        {
            Assert.True(File.GetUnixFileMode(Path.Combine(Repository.Root, path)).HasFlag(UnixFileMode.UserExecute), path);
        }
    }

    private static IEnumerable<string> LinksOf(SourceFile document) =>
        Regex.Matches(WithoutCode(document.Text), @"\]\(([^)\s]+)\)").Select(match => match.Groups[1].Value).Where(link => !link.Contains("://", StringComparison.Ordinal));

    private static bool Resolves(SourceFile document, string link)
    {
        var parts = link.Split('#', 2);
        var folder = Path.GetDirectoryName(document.Path)!;
        var target = parts[0].Length == 0 ? document.Path : Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, folder, parts[0])));
        return Repository.Exists(target) && (parts.Length == 1 || HeadingsOf(target).Contains(parts[1]));
    }

    // A heading's anchor as GitHub and GitLab make it: lower case, punctuation dropped, spaces as dashes.
    private static IEnumerable<string> HeadingsOf(string path) =>
        WithoutCode(File.ReadAllText(Path.Combine(Repository.Root, path))).Split('\n').Where(line => line.StartsWith('#'))
            .Select(line => Regex.Replace(line.TrimStart('#').Trim().ToLowerInvariant(), @"[^\w\- ]", "").Replace(' ', '-'));

    private static string WithoutCode(string text) => Regex.Replace(text, "^```.*?^```", "", RegexOptions.Multiline | RegexOptions.Singleline);
}
