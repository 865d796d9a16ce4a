using System.Text.RegularExpressions;
using Gateway.Configuration.Loading;

namespace Gateway.Tests.Tidy;

/// <summary>What the documents say about the repository is true.</summary>
public sealed class DocumentationTests
{
    private static SourceFile Readme => Markdown.Document("README.md");

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

    /// <summary>Examples of the pages are parts of a file: what they leave out may be missing, and nothing else may be wrong.</summary>
    [Fact]
    public void Pages_TheirExamples_AreValidButForWhatTheyLeaveOut()
    {
        const string Example = @"^```jsonc\n(?<part>""(?:Networks|Listeners|TcpProxy|ReverseProxy|Limits|Shutdown|Probes)"".*?|\{.*?)^```";
        var examples = Repository.Under("docs/", ".md").SelectMany(page =>
            Regex.Matches(page.Text, Example, RegexOptions.Multiline | RegexOptions.Singleline)
                .Select(match => (page.Path, Part: match.Groups["part"].Value))).ToArray();

        Assert.NotEmpty(examples);
        Findings.AssertNone(examples.SelectMany(example =>
            ConfigReader.Parse(example.Part.StartsWith('{') ? example.Part : $"{{{example.Part}}}", new Dictionary<string, string>()).Errors
                .Select(error => error.ToString()!).Where(error => !IsLeftOut(error)).Select(error => $"{example.Path}: {error}")));
    }

    [Fact]
    public void Links_ToOurFiles_Resolve()
    {
        var broken = Markdown.Documents.SelectMany(document => Markdown.LinksOf(document)
            .Where(link => !Resolves(document, link)).Select(link => $"{document.Path}: {link}"));

        Findings.AssertNone(broken);
    }

    /// <summary>Code, messages and manifests point to pages, and to headings there: <c>docs/toa.md, Rights for TOA</c>.</summary>
    [Fact]
    public void Mentions_OfPages_NameWhatIsThere()
    {
        var mentions = Repository.Files.Where(file => !file.Path.EndsWith(".md", StringComparison.Ordinal) && !IsTidy(file))
            .SelectMany(file => Regex.Matches(file.Text, @"\b(docs/[\w/-]+\.md)(?:, (?<heading>[A-Z][\w ]+))?")
                .Select(match => (file.Path, Mention: match))).ToArray();

        Assert.NotEmpty(mentions);
        Findings.AssertNone(mentions.Where(mention => !IsThere(mention.Mention))
            .Select(mention => $"{mention.Path}: {mention.Mention.Value}"));
    }

    [Theory]
    [InlineData("docs/")]
    [InlineData("docs/decisions/")]
    public void Pages_OfAFolder_AreListedByItsIndex(string folder)
    {
        var index = Markdown.Document($"{folder}README.md");
        var listed = Markdown.LinksOf(index).Select(link => Markdown.TargetOf(index, link).Path).ToHashSet();
        var pages = Repository.Under(folder, ".md").Where(page => !page.Path[folder.Length..].Contains('/') && page != index)
            .Select(page => page.Path).ToArray();

        Assert.NotEmpty(pages);
        Findings.AssertNone(pages.Where(page => !listed.Contains(page)));
    }

    [Theory]
    [InlineData("docs/README.md")]
    [InlineData("docs/decisions/README.md")]
    [InlineData("CONTRIBUTING.md")]
    [InlineData("CHANGELOG.md")]
    [InlineData("LICENSE")]
    public void Readme_WhatAReaderLooksFor_IsLinked(string path) =>
        Assert.Contains(path, Markdown.LinksOf(Readme).Select(link => Markdown.TargetOf(Readme, link).Path));

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

    private static bool IsLeftOut(string error) =>
        Regex.IsMatch(error, "no such (listener|cluster)|nor a name of Networks|a Tcp listener needs a route");

    private static bool Resolves(SourceFile document, string link)
    {
        var (path, anchor) = Markdown.TargetOf(document, link);
        return Repository.Exists(path) && (anchor is null || Markdown.AnchorsOf(Markdown.Document(path)).Contains(anchor));
    }

    // Behind the heading the sentence may go on.
    private static bool IsThere(Match mention)
    {
        var page = Repository.Files.SingleOrDefault(file => file.Path == mention.Groups[1].Value);
        var heading = mention.Groups["heading"];
        return page is not null
            && (!heading.Success || Markdown.HeadingsOf(page).Any(there => heading.Value.StartsWith(there, StringComparison.Ordinal)));
    }

    private static bool IsTidy(SourceFile file) => file.Path.StartsWith("tests/Gateway.Tests/Tidy/", StringComparison.Ordinal);
}
