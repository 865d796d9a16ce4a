using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Gateway.Configuration;
using Gateway.Configuration.Loading;
using Gateway.Testing;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Deploy;

/// <summary>What <c>kubectl kustomize</c> makes of a folder of deploy/.</summary>
internal sealed class RenderedManifests(string[] documents)
{
    // Tests of several classes ask for the same folders, and kubectl takes half a second of a core.
    private static readonly ConcurrentDictionary<string, Lazy<Task<RenderedManifests>>> Rendered = new();

    /// <summary>All documents, in the order of kustomize.</summary>
    public IReadOnlyList<string> Documents { get; } = documents;

    /// <summary>Those that start pods.</summary>
    public IEnumerable<string> Workloads =>
        Documents.Where(static document => Regex.IsMatch(document, "^kind: (Deployment|DaemonSet)$", RegexOptions.Multiline));

    /// <summary>Renders a folder; skips the test where there is no kubectl.</summary>
    public static Task<RenderedManifests> OfAsync(string folder)
    {
        var kubectl = DebianPeer.Require("kubectl");
        return Rendered.GetOrAdd(folder, new Lazy<Task<RenderedManifests>>(() => RenderAsync(kubectl, folder))).Value;
    }

    /// <summary>The configuration that a folder brings, which has to be valid.</summary>
    public static GatewayConfig ConfigurationOf(string folder)
    {
        var result = ConfigReader.Read(
            Path.Combine(RepositoryPaths.Root, "deploy", folder, "appsettings.json"), new Dictionary<string, string>());
        Assert.Empty(result.Errors);
        return result.Config!;
    }

    /// <summary>The only document of a kind and a name.</summary>
    public string Document(string kind, string name) => Assert.Single(Documents, document => Is(document, kind, name)) + "\n";

    /// <summary>Whether there is a document of a kind and a name.</summary>
    public bool Has(string kind, string name) => Documents.Any(document => Is(document, kind, name));

    /// <summary>The number behind a key that occurs once.</summary>
    public static int Number(string document, string key) =>
        int.Parse(Assert.Single(Regex.Matches(document, $@"\b{key}: (\d+)")).Groups[1].Value, null);

    private static async Task<RenderedManifests> RenderAsync(string kubectl, string folder)
    {
        var result = await ProcessRunner.RunAsync([kubectl, "kustomize", Path.Combine(RepositoryPaths.Root, "deploy", folder)]);
        return new RenderedManifests(result.RequireSuccess().StandardOutput.Split("\n---\n"));
    }

    private static bool Is(string document, string kind, string name) =>
        Regex.IsMatch(document, $"^kind: {kind}$", RegexOptions.Multiline)
        && Regex.IsMatch(document, $"^  name: {name}$", RegexOptions.Multiline);
}
