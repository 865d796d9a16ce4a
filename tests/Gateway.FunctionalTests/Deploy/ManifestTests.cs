using System.Text.RegularExpressions;
using Gateway.Configuration.Loading;
using Gateway.Tcp.Configuration;
using Gateway.Testing;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Deploy;

/// <summary>The manifests render, and agree with the configuration that they carry.</summary>
public sealed class ManifestTests
{
    [Theory]
    [InlineData("base")]
    [InlineData("overlays/whoami")]
    [InlineData("overlays/transparent")]
    [InlineData("istio/ingress")]
    [InlineData("istio/ingress-sidecar")]
    public async Task Kustomize_AnyFolder_Renders(string folder)
    {
        var documents = await RenderAsync(folder);

        Assert.Contains("  externalTrafficPolicy: Local\n", Document(documents, "Service", "gateway"), StringComparison.Ordinal);
        Assert.Contains("  appsettings.json: |\n", Document(documents, "ConfigMap", "gateway-config"), StringComparison.Ordinal);
        Assert.Contains("port: probes\n", Document(documents, "PodMonitor", "gateway"), StringComparison.Ordinal);
        Assert.Contains("mountPath: /app/appsettings\n", Document(documents, "Deployment", "gateway"), StringComparison.Ordinal);
        Assert.DoesNotContain("subPath", Document(documents, "Deployment", "gateway"), StringComparison.Ordinal);
    }

    /// <summary>Everybody reaches the listeners, only who scrapes reaches Probes, and nobody Admin.</summary>
    [Fact]
    public async Task NetworkPolicy_OfTheBase_ClosesProbesAndAdmin()
    {
        var policy = Document(await RenderAsync("base"), "NetworkPolicy", "gateway");

        Assert.Contains("  - ports:\n    - endPort: 9899\n      port: 1\n      protocol: TCP\n    - endPort: 65535\n      port: 9902\n", policy, StringComparison.Ordinal);
        Assert.Matches(@"  - from:\n    - namespaceSelector:\n        matchLabels:\n          kubernetes.io/metadata.name: monitoring\n    ports:\n    - port: 9900\n", policy);
        Assert.Contains("  podSelector:\n    matchLabels:\n      app.kubernetes.io/name: gateway\n", policy, StringComparison.Ordinal);
    }

    [Fact]
    public void TemporaryFolders_OfAllManifests_HaveALimit() =>
        Assert.All(
            Directory.GetFiles(Path.Combine(RepositoryPaths.Root, "deploy"), "*.yaml", SearchOption.AllDirectories),
            file => Assert.DoesNotMatch(@"emptyDir:(?! *\n +sizeLimit: )", File.ReadAllText(file)));

    [Theory]
    [InlineData("base", "")]
    [InlineData("overlays/whoami", "")]
    [InlineData("overlays/transparent", "NET_RAW NET_ADMIN")]
    [InlineData("istio/ingress", "")]
    [InlineData("istio/ingress-sidecar", "")]
    [InlineData("istio/sidecar", "NET_ADMIN NET_RAW")]
    public async Task Capabilities_OfAllContainers_AreDroppedButForTheNamedOnes(string folder, string expected)
    {
        var documents = await RenderAsync(folder);
        var deployments = documents.Where(document => Regex.IsMatch(document, "^kind: Deployment$", RegexOptions.Multiline)).ToArray();

        Assert.All(deployments, deployment => Assert.Equal(
            Regex.Count(deployment, @"^ +(- )?image: ", RegexOptions.Multiline), Regex.Count(deployment, @"drop:\n +- ALL\n")));
        Assert.All(deployments, deployment => Assert.DoesNotContain("privileged", deployment, StringComparison.Ordinal));
        Assert.Equal(expected, string.Join(' ', deployments.SelectMany(deployment => Regex.Matches(deployment, @"\bNET_\w+").Select(match => match.Value))));
    }

    /// <summary>An overlay cannot rename an image that its base has renamed: the name stands in the overlay alone.</summary>
    [Theory]
    [InlineData("overlays/whoami")]
    [InlineData("overlays/transparent")]
    public async Task Image_NamedInTheOverlay_IsThatOfEveryContainer(string folder)
    {
        var overlay = await File.ReadAllTextAsync(Path.Combine(RepositoryPaths.Root, "deploy", folder, "kustomization.yaml"), TestContext.Current.CancellationToken);
        var named = Regex.Match(overlay, "newName: (.+)\n +newTag: \"(.+)\"");

        var images = (await RenderAsync(folder)).SelectMany(static document => Regex.Matches(document, "image: (.+)")).Select(static match => match.Groups[1].Value)
            .Where(static image => !image.StartsWith("alpine:", StringComparison.Ordinal)).ToArray();

        Assert.InRange(images.Length, 2, 3);
        Assert.All(images, image => Assert.Equal($"{named.Groups[1].Value}:{named.Groups[2].Value}", image));
        Assert.All(await RenderAsync("base"), static document => Assert.DoesNotMatch("image: .*/", document));
    }

    [Theory]
    [InlineData("base", null)]
    [InlineData("overlays/transparent", SourceIpMode.Transparent)]
    public async Task Configuration_InTheConfigMap_IsValidAndFitsTheDeployment(string folder, SourceIpMode? mode)
    {
        var result = ConfigReader.Read(Path.Combine(RepositoryPaths.Root, "deploy", folder, "appsettings.json"), new Dictionary<string, string>());
        Assert.Empty(result.Errors);
        var config = result.Config!;
        var deployment = Document(await RenderAsync(folder), "Deployment", "gateway");

        // SIGKILL comes after the grace period: the drain must have ended by then.
        var grace = int.Parse(Regex.Match(deployment, @"terminationGracePeriodSeconds: (\d+)").Groups[1].Value, null);
        Assert.True(config.Shutdown.DrainDelay + config.Shutdown.DrainTimeout < TimeSpan.FromSeconds(grace));
        var listeners = config.Listeners.Values.Select(listener => listener.Address!).Append(config.Probes!.Address!).Select(address => address[(address.LastIndexOf(':') + 1)..]);
        Assert.All(listeners, port => Assert.Contains($"containerPort: {port}\n", deployment, StringComparison.Ordinal));
        Assert.All(config.TcpProxy.Routes.Values, route => Assert.Equal(mode ?? SourceIpMode.ProxyProtocol, route.SourceIp!.Mode));
    }

    private static async Task<string[]> RenderAsync(string folder)
    {
        var kubectl = DebianPeer.Require("kubectl");
        var result = await ProcessRunner.RunAsync([kubectl, "kustomize", Path.Combine(RepositoryPaths.Root, "deploy", folder)]);
        return result.RequireSuccess().StandardOutput.Split("\n---\n");
    }

    private static string Document(string[] documents, string kind, string name) =>
        Assert.Single(documents, document =>
            Regex.IsMatch(document, $"^kind: {kind}$", RegexOptions.Multiline) && Regex.IsMatch(document, $"^  name: {name}$", RegexOptions.Multiline)) + "\n";
}
