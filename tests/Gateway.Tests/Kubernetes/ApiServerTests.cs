using System.Diagnostics.Metrics;
using Gateway.Kubernetes.Client;
using Gateway.Kubernetes.GatewayApi;
using Gateway.Kubernetes.GatewayApi.Translation;
using Gateway.Tcp.Configuration;
using Gateway.Testing;
using Gateway.Testing.Kubernetes;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Kubernetes;

/// <summary>The test server is the API that a real client knows.</summary>
public sealed class ApiServerTests
{
    [Fact]
    public async Task Kubectl_AppliesTheExamplesOfTheManifests_AndTheRoutesAreAccepted()
    {
        var kubectl = DebianPeer.Require("kubectl");
        await using var server = await ApiServer.StartAsync();
        using var folder = new TemporaryFolder();
        var manifests = Path.Combine(RepositoryPaths.Root, "deploy", "overlays", "gateway-api");
        server.Put("""
            { "apiVersion": "v1", "kind": "Service", "metadata": { "name": "whoami", "namespace": "default" },
              "spec": { "ports": [ { "name": "http", "port": 8080 }, { "name": "tcp", "port": 9000 } ] } }
            """);

        (await ProcessRunner.RunAsync(
            [
                kubectl, "--server", server.Url, "--cache-dir", folder.Combine("cache"), "apply", "--validate=false",
                "-f", Path.Combine(manifests, "gatewayclass.yaml"), "-f", Path.Combine(manifests, "example.yaml"),
                "-f", Path.Combine(manifests, "example-http.yaml"),
            ],
            environment: new Dictionary<string, string> { ["KUBECONFIG"] = "/dev/null", ["HOME"] = folder.Path })).RequireSuccess();

        using var meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var client = new ApiClient(new ApiAccess(new Uri(server.Url), null, null));
        await using var watch = new ObjectWatch(
            client,
            new KubernetesMetrics(meters.GetRequiredService<IMeterFactory>()),
            TimeProvider.System,
            NullLogger.Instance,
            static () => { });
        await Eventually.TrueAsync(() => watch.IsSynced, "all lists");
        var translated = GatewayTranslator.Translate("gateway", watch.Objects());
        Assert.Equal(["http-app-1", "tcp-app-1"], translated.RouteStatuses.Select(static status => status.Object.Name).Order());
        Assert.All(
            translated.RouteStatuses.SelectMany(static status => status.Parents.Single().Conditions),
            static condition => Assert.True(condition.IsTrue, condition.Message));
        Assert.Equal(
            ["httproute.default.http-app-1.8080.r0", "httproute.default.http-app-1.8080.r1"], translated.HttpRoutes.Keys.Order());
        Assert.Equal(SourceIpMode.ProxyProtocol, translated.Routes["tcproute.default.tcp-app-1.9000"].SourceIp!.Mode);
    }

    [Fact]
    public async Task Kubectl_ApplyGetWatchDelete_WorkAsWithACluster()
    {
        var kubectl = DebianPeer.Require("kubectl");
        await using var server = await ApiServer.StartAsync();
        using var folder = new TemporaryFolder();
        Task<ProcessResult> RunAsync(params string[] words) => ProcessRunner.RunAsync(
            [kubectl, "--server", server.Url, "--cache-dir", folder.Combine("cache"), "-n", "shop", .. words],
            environment: new Dictionary<string, string> { ["KUBECONFIG"] = "/dev/null", ["HOME"] = folder.Path });
        async Task<string> OutputAsync(params string[] words) => (await RunAsync(words)).RequireSuccess().Output;

        var file = folder.Write("slice.json", SliceText.Of("shop/redis", "redis-a", 6379, "10.0.0.1"));
        Assert.Contains("created", await OutputAsync("apply", "--validate=false", "-f", file), StringComparison.Ordinal);
        folder.Write("slice.json", SliceText.Of("shop/redis", "redis-a", 6379, "10.0.0.2"));
        Assert.Contains("configured", await OutputAsync("apply", "--validate=false", "-f", file), StringComparison.Ordinal);
        const string Addresses = "jsonpath={.items[*].endpoints[*].addresses[*]}";
        var get = await OutputAsync("get", "endpointslices", "-l", "kubernetes.io/service-name=redis", "-o", Addresses);
        Assert.Equal("10.0.0.2", get.Trim());

        var watch = RunAsync("get", "endpointslices", "--watch", "-o", "name", "--request-timeout=10s");
        await Eventually.TrueAsync(() => server.Watches == 1, "kubectl's watch");
        server.Put(SliceText.Of("shop/redis", "redis-b", 6379, "10.0.0.3"));
        Assert.Contains("deleted", await OutputAsync("delete", "endpointslice", "redis-a"), StringComparison.Ordinal);
        server.EndWatches();
        Assert.Contains("endpointslice.discovery.k8s.io/redis-b", (await watch).Output, StringComparison.Ordinal);
    }
}
