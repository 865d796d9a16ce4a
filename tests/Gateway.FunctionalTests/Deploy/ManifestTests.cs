using System.Text.RegularExpressions;
using Gateway.Tcp.Configuration;
using Gateway.Testing;

namespace Gateway.FunctionalTests.Deploy;

/// <summary>The manifests render, and agree with the configuration that they carry.</summary>
public sealed class ManifestTests
{
    [Theory]
    [InlineData("base")]
    [InlineData("overlays/whoami")]
    [InlineData("overlays/transparent")]
    [InlineData("overlays/clb-keeps-address")]
    [InlineData("overlays/clb-proxy-v2")]
    [InlineData("overlays/nlb-proxy-v2")]
    [InlineData("overlays/endpoints")]
    [InlineData("istio/ingress")]
    [InlineData("istio/ingress-sidecar")]
    public async Task Kustomize_AnyFolder_Renders(string folder)
    {
        var documents = await RenderedManifests.OfAsync(folder);

        Assert.Contains("  externalTrafficPolicy: Local\n", documents.Document("Service", "gateway"), StringComparison.Ordinal);
        Assert.Contains("  appsettings.json: |\n", documents.Document("ConfigMap", "gateway-config"), StringComparison.Ordinal);
        Assert.Contains("port: probes\n", documents.Document("PodMonitor", "gateway"), StringComparison.Ordinal);
        Assert.Contains("mountPath: /app/appsettings\n", documents.Document("Deployment", "gateway"), StringComparison.Ordinal);
        Assert.DoesNotContain("subPath", documents.Document("Deployment", "gateway"), StringComparison.Ordinal);
    }

    /// <summary>Everybody reaches the listeners, only who scrapes reaches Probes, and nobody Admin.</summary>
    [Fact]
    public async Task NetworkPolicy_OfTheBase_ClosesProbesAndAdmin()
    {
        var policy = (await RenderedManifests.OfAsync("base")).Document("NetworkPolicy", "gateway");

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
    [InlineData("overlays/clb-keeps-address", "")]
    [InlineData("overlays/clb-proxy-v2", "")]
    [InlineData("overlays/nlb-proxy-v2", "")]
    [InlineData("overlays/endpoints", "")]
    [InlineData("overlays/daemonset", "CHOWN")]
    [InlineData("istio/ingress", "")]
    [InlineData("istio/ingress-sidecar", "")]
    [InlineData("istio/sidecar", "NET_ADMIN NET_RAW")]
    public async Task Capabilities_OfAllContainers_AreDroppedButForTheNamedOnes(string folder, string expected)
    {
        var workloads = (await RenderedManifests.OfAsync(folder)).Workloads.ToArray();

        Assert.NotEmpty(workloads);
        Assert.All(workloads, static workload => Assert.Equal(
            Regex.Count(workload, @"^ +(- )?image: ", RegexOptions.Multiline), Regex.Count(workload, @"drop:\n +- ALL\n")));
        Assert.All(workloads, static workload => Assert.Equal(
            Regex.Count(workload, @"^ +(- )?image: ", RegexOptions.Multiline), Regex.Count(workload, "readOnlyRootFilesystem: true\n")));
        Assert.All(workloads, static workload => Assert.Contains("type: RuntimeDefault\n", workload, StringComparison.Ordinal));
        Assert.All(workloads, static workload => Assert.DoesNotContain("privileged", workload, StringComparison.Ordinal));
        var added = workloads.SelectMany(
            static workload => Regex.Matches(workload, @"add:\n(?: +- (\w+)\n)+").SelectMany(static match => match.Groups[1].Captures));
        Assert.Equal(expected, string.Join(' ', added.Select(static capability => capability.Value)));
    }

    /// <summary>An overlay cannot rename an image that its base has renamed: the name stands in the overlay alone.</summary>
    [Theory]
    [InlineData("overlays/whoami")]
    [InlineData("overlays/transparent")]
    [InlineData("overlays/clb-keeps-address")]
    [InlineData("overlays/clb-proxy-v2")]
    [InlineData("overlays/nlb-proxy-v2")]
    [InlineData("overlays/daemonset")]
    public async Task Image_NamedInTheOverlay_IsThatOfEveryContainer(string folder)
    {
        var overlay = await File.ReadAllTextAsync(Path.Combine(RepositoryPaths.Root, "deploy", folder, "kustomization.yaml"), TestContext.Current.CancellationToken);
        var named = Regex.Match(overlay, "newName: (.+)\n +newTag: \"(.+)\"");

        var images = (await RenderedManifests.OfAsync(folder)).Documents
            .SelectMany(static document => Regex.Matches(document, "image: (.+)")).Select(static match => match.Groups[1].Value)
            .Where(static image => !image.StartsWith("alpine:", StringComparison.Ordinal)).ToArray();

        Assert.InRange(images.Length, 2, 3);
        Assert.All(images, image => Assert.Equal($"{named.Groups[1].Value}:{named.Groups[2].Value}", image));
        Assert.All((await RenderedManifests.OfAsync("base")).Documents, static document => Assert.DoesNotMatch("image: .*/", document));
    }

    [Theory]
    [InlineData("base", null)]
    [InlineData("overlays/transparent", SourceIpMode.Transparent)]
    [InlineData("overlays/clb-proxy-v2", null)]
    [InlineData("overlays/nlb-proxy-v2", null)]
    [InlineData("overlays/endpoints", null)]
    public async Task Configuration_InTheConfigMap_IsValidAndFitsTheDeployment(string folder, SourceIpMode? mode)
    {
        var config = RenderedManifests.ConfigurationOf(folder);
        var deployment = (await RenderedManifests.OfAsync(folder)).Document("Deployment", "gateway");

        // SIGKILL comes after the grace period: the drain must have ended by then.
        var grace = TimeSpan.FromSeconds(RenderedManifests.Number(deployment, "terminationGracePeriodSeconds"));
        Assert.True(config.Shutdown.DrainDelay + config.Shutdown.DrainTimeout < grace);
        var listeners = config.Listeners.Values.Select(listener => listener.Address!).Append(config.Probes!.Address!).Select(address => address[(address.LastIndexOf(':') + 1)..]);
        Assert.All(listeners, port => Assert.Contains($"containerPort: {port}\n", deployment, StringComparison.Ordinal));
        Assert.All(config.TcpProxy.Routes.Values, route => Assert.Equal(mode ?? SourceIpMode.ProxyProtocol, route.SourceIp!.Mode));
    }
}
