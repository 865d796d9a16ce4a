using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Testing;

namespace Gateway.Tests.Deploy;

/// <summary>The Dockerfile agrees with the repository. tests/image.sh builds it.</summary>
public sealed class DockerfileTests
{
    private static readonly string Text = Read("Dockerfile");

    [Fact]
    public void Sdk_OfTheBuildStage_IsTheOneOfGlobalJson()
    {
        using var global = JsonDocument.Parse(Read("global.json"));

        Assert.Contains($"/dotnet/sdk:{global.RootElement.GetProperty("sdk").GetProperty("version")}-", Text, StringComparison.Ordinal);
    }

    /// <summary>What is built tomorrow is what was built and tested today.</summary>
    [Fact]
    public void BaseImages_Always_AreNamedByDigest()
    {
        var bases = Regex.Matches(Text, @"^ARG \w+_IMAGE=(\S+)$", RegexOptions.Multiline).Select(static match => match.Groups[1].Value).ToList();

        Assert.Equal(4, bases.Count);
        Assert.All(bases, static image => Assert.Matches("^[^@]+:[^@]+@sha256:[0-9a-f]{64}$", image));
        Assert.All(
            Regex.Matches(Text, @"^FROM (?:--platform=\S+ )?(\S+)", RegexOptions.Multiline).Select(static match => match.Groups[1].Value),
            static from => Assert.Matches(@"^\$\{\w+_IMAGE\}$", from));
    }

    [Fact]
    public void RestoreLayer_Always_HasEveryProjectWithItsLockFile()
    {
        Assert.All(Directory.GetFiles(Path.Combine(RepositoryPaths.Root, "src"), "*.csproj", SearchOption.AllDirectories), project =>
        {
            var path = Path.GetRelativePath(RepositoryPaths.Root, project).Replace('\\', '/');
            var folder = Path.GetDirectoryName(path)!.Replace('\\', '/');
            Assert.Contains($"COPY {path} {folder}/packages.lock.json {folder}/\n", Text, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void CopiedFiles_FromTheContext_ExistAndAreNotIgnored()
    {
        var copied = Regex.Matches(Text, @"^COPY (?!--from)(.+) \S+$", RegexOptions.Multiline).SelectMany(match => match.Groups[1].Value.Split(' ')).ToArray();
        var context = Read(".dockerignore").Split('\n').Where(line => line.StartsWith('!')).Select(line => line[1..]).ToArray();

        Assert.NotEmpty(copied);
        Assert.All(copied, path => Assert.True(Path.Exists(Path.Combine(RepositoryPaths.Root, path)), path));
        Assert.All(copied, path => Assert.Contains(path.Split('/')[0], context));
    }

    [Fact]
    public void FinalStage_Always_IsChiseledAndNotRoot()
    {
        var final = Text[Text.LastIndexOf("\nFROM ", StringComparison.Ordinal)..];

        Assert.StartsWith("\nFROM ${RUNTIME_IMAGE}\n", final, StringComparison.Ordinal);
        Assert.Matches(new Regex(@"^ARG RUNTIME_IMAGE=\S+-chiseled@", RegexOptions.Multiline), Text);
        Assert.Contains("\nUSER $APP_UID\n", final, StringComparison.Ordinal);
        Assert.Contains("\nENV ASPNETCORE_HTTP_PORTS=\n", final, StringComparison.Ordinal);
        Assert.DoesNotContain("\nRUN ", final, StringComparison.Ordinal); // there is no shell
    }

    [Fact]
    public void FinalStage_Always_RunsWithoutDiagnosticsAndNamesItsCommand()
    {
        var final = Text[Text.LastIndexOf("\nFROM ", StringComparison.Ordinal)..];

        Assert.Contains("\nENV DOTNET_EnableDiagnostics=0\n", final, StringComparison.Ordinal);
        Assert.Contains("\nCMD [\"run\"]\n", final, StringComparison.Ordinal);
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(RepositoryPaths.Root, path));
}
