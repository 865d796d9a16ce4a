using System.Text.RegularExpressions;
using Gateway.Testing;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Deploy;

/// <summary>What each overlay adds to the base means the same in every place where it stands.</summary>
public sealed class OverlayTests
{
    /// <summary>
    /// The autoscaler asks for a series that the gateway exports, by a rule that the adapter has, and nobody else sets the number.
    /// </summary>
    [Theory]
    [InlineData("overlays/clb-keeps-address")]
    [InlineData("overlays/clb-proxy-v2")]
    [InlineData("overlays/nlb-proxy-v2")]
    public async Task Autoscaler_OfAnOverlay_ScalesTheDeploymentByConnections(string folder)
    {
        var documents = await RenderedManifests.OfAsync(folder);
        var autoscaler = documents.Document("HorizontalPodAutoscaler", "gateway");
        var metric = Regex.Match(autoscaler, @"metric:\n +name: (\w+)\n").Groups[1].Value;

        Assert.Equal("gateway_connection_count", metric);
        Assert.Contains($"| `{metric}` | gauge |", ReadRepository("docs/metrics.md"), StringComparison.Ordinal);
        Assert.Contains($"seriesQuery: '{metric}{{", ReadRepository("deploy/prometheus/adapter.rules.yaml"), StringComparison.Ordinal);
        Assert.Contains(
            "scaleTargetRef:\n    apiVersion: apps/v1\n    kind: Deployment\n    name: gateway\n", autoscaler, StringComparison.Ordinal);
        Assert.DoesNotContain("replicas:", documents.Document("Deployment", "gateway"), StringComparison.Ordinal);
        // A budget of one pod, so that there is always another one.
        Assert.InRange(RenderedManifests.Number(autoscaler, "minReplicas"), 2, RenderedManifests.Number(autoscaler, "maxReplicas"));
        Assert.True(documents.Has("PodDisruptionBudget", "gateway"));
    }

    [Theory]
    [InlineData("overlays/clb-keeps-address", "service.cloud.tencent.com/direct-access: \"true\"\n")]
    [InlineData("overlays/clb-proxy-v2", "service.cloud.tencent.com/direct-access: \"true\"\n")]
    [InlineData("overlays/nlb-proxy-v2", "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type: ip\n")]
    public async Task Balancer_OfAnOverlay_SendsToThePods(string folder, string annotation) =>
        Assert.Contains(
            annotation,
            (await RenderedManifests.OfAsync(folder)).Document("Service", "gateway"),
            StringComparison.Ordinal);

    /// <summary>Every listener of clients trusts the same addresses, and Probes is asked without a header.</summary>
    [Theory]
    [InlineData("overlays/clb-proxy-v2", "100.64.0.0/10")]
    [InlineData("overlays/nlb-proxy-v2")]
    public void ProxyV2_ItsListeners_TrustTheBalancerAlone(string folder, params string[] checkers)
    {
        var config = RenderedManifests.ConfigurationOf(folder);

        Assert.All(config.Listeners.Values, static listener => Assert.Equal(["10.0.0.0/16"], listener.ProxyProtocol!.TrustedProxies));
        Assert.All(config.Listeners.Values, listener => Assert.Equal(checkers, listener.ProxyProtocol!.HealthCheckers));
        Assert.Null(config.Probes!.ProxyProtocol);
    }

    [Fact]
    public async Task DaemonSet_ItsPods_CanStandSideBySide()
    {
        var documents = await RenderedManifests.OfAsync("overlays/daemonset");
        var pods = documents.Document("DaemonSet", "gateway");

        Assert.Matches(@"rollingUpdate:\n +maxSurge: 1\n +maxUnavailable: 0\n", pods);
        Assert.Contains("hostNetwork: true\n", pods, StringComparison.Ordinal);
        Assert.Contains("dnsPolicy: ClusterFirstWithHostNet\n", pods, StringComparison.Ordinal);
        // In the node's network a port of the manifest is a hostPort, and the second pod would find it taken.
        Assert.DoesNotMatch(@"\b(ports|hostPort|containerPort):", pods);
        // The old process answers the new pod's probe: the old pod is ended only when a process that cannot start is long gone.
        Assert.InRange(RenderedManifests.Number(pods, "minReadySeconds"), 10, 60);
        Assert.All(
            ["Deployment", "PodDisruptionBudget", "NetworkPolicy", "PodMonitor"],
            kind => Assert.False(documents.Has(kind, "gateway"), kind));
    }

    [Fact]
    public async Task DaemonSet_ItsConfiguration_FitsThePod()
    {
        var config = RenderedManifests.ConfigurationOf("overlays/daemonset");
        var documents = await RenderedManifests.OfAsync("overlays/daemonset");
        var pods = documents.Document("DaemonSet", "gateway");

        var folder = Path.GetDirectoryName(config.Handover!.Path)!;
        Assert.Matches($@"mountPath: {folder}\n +name: handover\n", pods);
        Assert.Matches($@"hostPath:\n +path: {folder}\n +type: DirectoryOrCreate\n +name: handover\n", pods);
        Assert.True(
            config.Shutdown.DrainDelay + config.Shutdown.DrainTimeout
                < TimeSpan.FromSeconds(RenderedManifests.Number(pods, "terminationGracePeriodSeconds")));
        // Ports by number, in the Services and in the probes.
        var service = documents.Document("Service", "gateway");
        Assert.All(
            config.Listeners.Values,
            listener => Assert.Contains($"targetPort: {PortOf(listener.Address!)}\n", service, StringComparison.Ordinal));
        var probes = PortOf(config.Probes!.Address!);
        Assert.Equal(3, Regex.Count(pods, $@"port: {probes}\n"));
        Assert.Contains($"targetPort: {probes}\n", documents.Document("Service", "gateway-probes"), StringComparison.Ordinal);
        Assert.Contains("port: probes\n", documents.Document("ServiceMonitor", "gateway"), StringComparison.Ordinal);
    }

    /// <summary>
    /// The script of the init container, with the rights that the manifest gives: at first, and on a node that has the folder.
    /// </summary>
    [Fact]
    public async Task DaemonSet_ItsInitContainer_GivesTheFolderToTheGatewayAlone()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Needs root: the script changes the owner of a folder.");
        var setpriv = DebianPeer.Require("setpriv");
        var pods = (await RenderedManifests.OfAsync("overlays/daemonset")).Document("DaemonSet", "gateway");
        var script = Regex.Replace(
            Regex.Match(pods, @"- args:\n +- \|\n((?: {10}.+\n)+)").Groups[1].Value, "^ {10}", "", RegexOptions.Multiline);
        using var folder = new TemporaryFolder();
        var made = Directory.CreateDirectory(Path.Combine(folder.Path, "run")).FullName;

        foreach (var _ in Enumerable.Range(0, 2))
        {
            (await ProcessRunner.RunAsync(
                [
                    setpriv, "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all,+chown", "/bin/sh", "-euc",
                    script.Replace("/run/gateway", made, StringComparison.Ordinal),
                ]))
                .RequireSuccess();
            Assert.Equal("1654 1654 700\n", (await ProcessRunner.RunAsync(["/usr/bin/stat", "-c", "%u %g %a", made])).StandardOutput);
        }
    }

    private static string PortOf(string address) => address[(address.LastIndexOf(':') + 1)..];

    private static string ReadRepository(string path) => File.ReadAllText(Path.Combine(RepositoryPaths.Root, path));
}
