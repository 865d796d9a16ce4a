using System.Text.RegularExpressions;
using Gateway.Interception;

namespace Gateway.FunctionalTests.Deploy;

/// <summary>What deploy/istio says in two places is the same in both. Schemas: deploy/check.sh, which needs a network.</summary>
public sealed class IstioManifestTests
{
    [Fact]
    public async Task Sidecar_ItsConfiguration_IsValidAndFitsThePod()
    {
        var config = RenderedManifests.ConfigurationOf("istio/sidecar");
        var pod = (await RenderedManifests.OfAsync("istio/sidecar")).Document("Deployment", "app");

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
        var service = (await RenderedManifests.OfAsync($"istio/{folder}")).Document("Service", "gateway");

        Assert.Contains("service.cloud.tencent.com/direct-access: \"true\"\n", service, StringComparison.Ordinal);
        Assert.Contains("service.cloud.tencent.com/enable-grace-shutdown: \"true\"\n", service, StringComparison.Ordinal);
        Assert.Contains("  externalTrafficPolicy: Local\n", service, StringComparison.Ordinal);
    }

    /// <summary>Policies are the sidecar's: a backend without one would get mTLS that it cannot read, or ask for none.</summary>
    [Theory]
    [InlineData("ingress")]
    [InlineData("ingress-sidecar")]
    public async Task Ingress_ItsBackend_HasASidecar(string folder) =>
        Assert.Contains(
            "sidecar.istio.io/inject: \"true\"\n", (await RenderedManifests.OfAsync($"istio/{folder}")).Document("Deployment", "whoami"),
            StringComparison.Ordinal);

    [Fact]
    public async Task IngressWithSidecar_ItsPod_TakesNothingThatArrives()
    {
        var documents = await RenderedManifests.OfAsync("istio/ingress-sidecar");
        var pod = documents.Document("Deployment", "gateway");

        Assert.Contains("sidecar.istio.io/inject: \"true\"\n", pod, StringComparison.Ordinal);
        Assert.Contains("traffic.sidecar.istio.io/includeInboundPorts: \"\"\n", pod, StringComparison.Ordinal);
        Assert.Contains("mode: STRICT\n", documents.Document("PeerAuthentication", "default"), StringComparison.Ordinal);
        // The port that gets PROXY headers must not be looked at as HTTP.
        Assert.Matches(@"- name: tcp-\w+\n +port: 9000\n", documents.Document("Service", "whoami"));
        // The sidecar outlives the gateway's drain.
        var config = RenderedManifests.ConfigurationOf("base");
        var sidecar = int.Parse(Regex.Match(pod, @"terminationDrainDuration: (\d+)s").Groups[1].Value, null);
        Assert.True(config.Shutdown.DrainDelay + config.Shutdown.DrainTimeout < TimeSpan.FromSeconds(sidecar));
    }

    [Fact]
    public async Task Ambient_BindingServiceAndListener_MeanOnePortOnLoopback()
    {
        var documents = await RenderedManifests.OfAsync("istio/ambient");
        var gateway = documents.Document("Gateway", "gateway");
        var port = int.Parse(Regex.Match(gateway, @"ambient\.istio\.io/waypoint-inbound-binding: PROXY/(\d+)\n").Groups[1].Value, null);
        var listener = RenderedManifests.ConfigurationOf("istio/ambient").Listeners["callers"];

        Assert.Contains($"port: {port}\n", gateway, StringComparison.Ordinal);
        Assert.Contains($"port: {port}\n", documents.Document("Service", "gateway"), StringComparison.Ordinal);
        Assert.Equal($"127.0.0.1:{port}", listener.Address);
        Assert.Equal(["127.0.0.1/32"], listener.ProxyProtocol!.TrustedProxies);
        Assert.Contains(
            "gateway.networking.k8s.io/gateway-name: gateway\n", documents.Document("Deployment", "gateway"), StringComparison.Ordinal);
        Assert.Contains("istio.io/use-waypoint: gateway\n", documents.Document("Service", "whoami"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProxyProtocol_FilterServiceAndMtls_MeanOnePort()
    {
        var documents = await RenderedManifests.OfAsync("istio/proxy-protocol");
        var filter = documents.Document("EnvoyFilter", "mysql-proxy-protocol");
        var port = int.Parse(Regex.Match(filter, @"start: (\d+)\n").Groups[1].Value, null);

        Assert.Contains($"end: {port + 1}\n", filter, StringComparison.Ordinal);
        // Behind original_dst the header's destination would stay, and be dialed.
        Assert.Matches(@"listenerFilter: envoy\.filters\.listener\.original_dst\n[^-]*operation: INSERT_BEFORE\n", filter);
        Assert.Contains($"containerPort: {port}\n", documents.Document("Deployment", "mysql"), StringComparison.Ordinal);
        Assert.Contains($"includeInboundPorts: \"{port}\"\n", documents.Document("Deployment", "mysql"), StringComparison.Ordinal);
        Assert.Contains("interceptionMode: TPROXY\n", documents.Document("Deployment", "mysql"), StringComparison.Ordinal);
        Assert.Matches($@"- name: tcp-\w+\n +port: {port}\n", documents.Document("Service", "mysql"));
        Assert.Matches($"\"{port}\":\n +mode: PERMISSIVE\n", documents.Document("PeerAuthentication", "mysql"));
    }
}
