using System.Text.RegularExpressions;
using Gateway.Configuration.Loading;
using Gateway.Interception;
using Gateway.Testing;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Deploy;

/// <summary>What deploy/istio says in two places is the same in both. Schemas: deploy/check.sh, which needs a network.</summary>
public sealed class IstioManifestTests
{
    [Fact]
    public async Task Sidecar_ItsConfiguration_IsValidAndFitsThePod()
    {
        var result = ConfigReader.Read(Path.Combine(RepositoryPaths.Root, "deploy/istio/sidecar/appsettings.json"), new Dictionary<string, string>());
        Assert.Empty(result.Errors);
        var config = result.Config!;
        var pod = Document(await RenderAsync("sidecar"), "Deployment", "app");

        // What is diverted is what the application's container offers, and nothing that the gateway does itself.
        var plan = Assert.Single(RedirectPlan.From(config, EphemeralPorts.Default).Diversions);
        Assert.Equal(Regex.Matches(pod, @"containerPort: (8080|9000)\n").Select(match => match.Groups[1].Value), plan.Traffic.SelectMany(part => part.Ports).Select(port => port.ToString()));
        Assert.Equal(plan.Traffic.SelectMany(part => part.Ports), plan.ReplyPorts);
        Assert.Contains($"containerPort: {plan.Target.EndPoint.Port}\n", pod, StringComparison.Ordinal);
        Assert.DoesNotContain(plan.Traffic.SelectMany(part => part.Ports), port => port.Contains(9900));
        var grace = int.Parse(Regex.Match(pod, @"terminationGracePeriodSeconds: (\d+)").Groups[1].Value, null);
        Assert.True(config.Shutdown.DrainDelay + config.Shutdown.DrainTimeout < TimeSpan.FromSeconds(grace));

        // Rules first, then the gateway, then the application.
        var init = pod[pod.IndexOf("initContainers:", StringComparison.Ordinal)..];
        Assert.Equal(["redirect", "gateway"], Regex.Matches(init, @"^        name: (redirect|gateway)$", RegexOptions.Multiline).Select(match => match.Groups[1].Value));
        Assert.Single(Regex.Matches(init, "restartPolicy: Always\n"));
    }

    [Theory]
    [InlineData("ingress")]
    [InlineData("ingress-sidecar")]
    public async Task Ingress_ItsService_GoesStraightToThePods(string folder)
    {
        var service = Document(await RenderAsync(folder), "Service", "gateway");

        Assert.Contains("service.cloud.tencent.com/direct-access: \"true\"\n", service, StringComparison.Ordinal);
        Assert.Contains("service.cloud.tencent.com/enable-grace-shutdown: \"true\"\n", service, StringComparison.Ordinal);
        Assert.Contains("  externalTrafficPolicy: Local\n", service, StringComparison.Ordinal);
    }

    /// <summary>Policies are the sidecar's: a backend without one would get mTLS that it cannot read, or ask for none.</summary>
    [Theory]
    [InlineData("ingress")]
    [InlineData("ingress-sidecar")]
    public async Task Ingress_ItsBackend_HasASidecar(string folder) =>
        Assert.Contains("sidecar.istio.io/inject: \"true\"\n", Document(await RenderAsync(folder), "Deployment", "whoami"), StringComparison.Ordinal);

    [Fact]
    public async Task IngressWithSidecar_ItsPod_TakesNothingThatArrives()
    {
        var documents = await RenderAsync("ingress-sidecar");
        var pod = Document(documents, "Deployment", "gateway");

        Assert.Contains("sidecar.istio.io/inject: \"true\"\n", pod, StringComparison.Ordinal);
        Assert.Contains("traffic.sidecar.istio.io/includeInboundPorts: \"\"\n", pod, StringComparison.Ordinal);
        Assert.Contains("mode: STRICT\n", Document(documents, "PeerAuthentication", "default"), StringComparison.Ordinal);
        // The port that gets PROXY headers must not be looked at as HTTP.
        Assert.Matches(@"- name: tcp-\w+\n +port: 9000\n", Document(documents, "Service", "whoami"));
        // The sidecar outlives the gateway's drain.
        var config = ConfigReader.Read(Path.Combine(RepositoryPaths.Root, "deploy/base/appsettings.json"), new Dictionary<string, string>()).Config!;
        var sidecar = int.Parse(Regex.Match(pod, @"terminationDrainDuration: (\d+)s").Groups[1].Value, null);
        Assert.True(config.Shutdown.DrainDelay + config.Shutdown.DrainTimeout < TimeSpan.FromSeconds(sidecar));
    }

    [Fact]
    public async Task ProxyProtocol_FilterServiceAndMtls_MeanOnePort()
    {
        var documents = await RenderAsync("proxy-protocol");
        var filter = Document(documents, "EnvoyFilter", "mysql-proxy-protocol");
        var port = int.Parse(Regex.Match(filter, @"start: (\d+)\n").Groups[1].Value, null);

        Assert.Contains($"end: {port + 1}\n", filter, StringComparison.Ordinal);
        // Behind original_dst the header's destination would stay, and be dialed.
        Assert.Matches(@"listenerFilter: envoy\.filters\.listener\.original_dst\n[^-]*operation: INSERT_BEFORE\n", filter);
        Assert.Contains($"containerPort: {port}\n", Document(documents, "Deployment", "mysql"), StringComparison.Ordinal);
        Assert.Contains($"includeInboundPorts: \"{port}\"\n", Document(documents, "Deployment", "mysql"), StringComparison.Ordinal);
        Assert.Contains("interceptionMode: TPROXY\n", Document(documents, "Deployment", "mysql"), StringComparison.Ordinal);
        Assert.Matches($@"- name: tcp-\w+\n +port: {port}\n", Document(documents, "Service", "mysql"));
        Assert.Matches($"\"{port}\":\n +mode: PERMISSIVE\n", Document(documents, "PeerAuthentication", "mysql"));
    }

    private static async Task<string[]> RenderAsync(string folder)
    {
        var kubectl = DebianPeer.Require("kubectl");
        var result = await ProcessRunner.RunAsync([kubectl, "kustomize", Path.Combine(RepositoryPaths.Root, "deploy/istio", folder)]);
        return result.RequireSuccess().StandardOutput.Split("\n---\n");
    }

    private static string Document(string[] documents, string kind, string name) =>
        Assert.Single(documents, document =>
            Regex.IsMatch(document, $"^kind: {kind}$", RegexOptions.Multiline) && Regex.IsMatch(document, $"^  name: {name}$", RegexOptions.Multiline)) + "\n";
}
