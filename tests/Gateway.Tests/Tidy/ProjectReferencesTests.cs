using System.Xml.Linq;

namespace Gateway.Tests.Tidy;

/// <summary>The walls between projects: which may reference which, and which package belongs where.</summary>
public sealed class ProjectReferencesTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Gateway"] = ["Gateway.Linux", "Gateway.ProxyProtocol", "Gateway.Tcp", "Whoami"],
        ["Gateway.Tcp"] = ["Gateway.Linux", "Gateway.ProxyProtocol"],
        ["Whoami"] = ["Gateway.ProxyProtocol"],
        ["Gateway.ProxyProtocol"] = [],
        ["Gateway.Linux"] = [],
    };

    [Fact]
    public void References_OfProjectsInSrc_GoOneWay()
    {
        var found = Repository.Under("src/", ".csproj").ToDictionary(file => ProjectName(file.Path), ReferencesOf);

        Assert.Equal(Allowed.Keys.Order(), found.Keys.Order());
        Assert.All(found, project => Assert.Equal(Allowed[project.Key], project.Value));
    }

    [Fact]
    public void References_FromSrcToTests_AreAbsent()
    {
        Assert.DoesNotContain(Repository.Under("src/", ".csproj"), file => file.Text.Contains("/tests/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Gateway.ProxyProtocol")]
    [InlineData("Gateway.Linux")]
    public void Dependencies_OfTheFoundations_AreNone(string project)
    {
        var elements = Load($"src/{project}/{project}.csproj").Descendants().Select(element => element.Name.LocalName).ToArray();

        Assert.DoesNotContain("PackageReference", elements);
        Assert.DoesNotContain("FrameworkReference", elements);
    }

    [Fact]
    public void Yarp_AnyProjectButTheHost_DoesNotReferenceIt()
    {
        var users = Repository.Under("src/", ".csproj").Where(file => file.Text.Contains("Yarp.", StringComparison.Ordinal)).Select(file => ProjectName(file.Path));

        Assert.Equal(["Gateway"], users);
    }

    [Fact]
    public void UnsafeBlocks_InSrc_AreAllowedInGatewayLinuxOnly()
    {
        var users = Repository.Under("src/", ".csproj").Where(file => file.Text.Contains("AllowUnsafeBlocks", StringComparison.Ordinal)).Select(file => ProjectName(file.Path));

        Assert.Equal(["Gateway.Linux"], users);
    }

    [Fact]
    public void Packages_OfAllProjects_HaveTheirVersionInOnePlace()
    {
        var withVersion = Repository.Files.Where(file => file.Path.EndsWith(".csproj", StringComparison.Ordinal))
            .SelectMany(file => XDocument.Parse(file.Text).Descendants("PackageReference"))
            .Where(reference => reference.Attribute("Version") is not null || reference.Attribute("VersionOverride") is not null).Select(reference => reference.ToString());

        Findings.AssertNone(withVersion);
    }

    [Fact]
    public void Packages_InTheCentralList_AreAllUsed()
    {
        var used = Repository.Files.Where(file => file.Path.EndsWith(".csproj", StringComparison.Ordinal))
            .SelectMany(file => XDocument.Parse(file.Text).Descendants("PackageReference"))
            .Select(reference => reference.Attribute("Include")!.Value).ToHashSet();
        var listed = Load("Directory.Packages.props").Descendants("PackageVersion").Select(version => version.Attribute("Include")!.Value);

        // Pinned for the sake of another package, as the comment beside it says.
        string[] pinned = ["System.IO.Hashing"];
        Findings.AssertNone(listed.Except(used).Except(pinned));
    }

    [Fact]
    public void Solution_Always_HoldsEveryProject()
    {
        var solution = File.ReadAllText(Path.Combine(Repository.Root, "Gateway.sln"));
        var missing = Repository.Files.Where(file => file.Path.EndsWith(".csproj", StringComparison.Ordinal))
            .Where(file => !solution.Contains(file.Path.Replace('/', '\\'), StringComparison.Ordinal)).Select(file => file.Path);

        Findings.AssertNone(missing);
    }

    private static string[] ReferencesOf(SourceFile project) =>
        [.. XDocument.Parse(project.Text).Descendants("ProjectReference").Select(reference => ProjectName(reference.Attribute("Include")!.Value)).Order()];

    private static string ProjectName(string path) => Path.GetFileNameWithoutExtension(path.Replace('\\', '/'));

    private static XDocument Load(string path) => XDocument.Load(Path.Combine(Repository.Root, path));
}
