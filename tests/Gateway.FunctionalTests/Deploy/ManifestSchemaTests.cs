using Gateway.Testing;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Deploy;

/// <summary>deploy/check.sh: the manifests fit the schemas, and what does not fit is found. Skipped where the schemas cannot be fetched.</summary>
public sealed class ManifestSchemaTests
{
    private const int CannotBeHad = 75;

    [Fact]
    public async Task Manifests_AsRendered_FitTheirSchemas()
    {
        DebianPeer.Require("kubectl");

        var result = await CheckAsync();

        Assert.True(result.ExitCode == 0, result.Output);
        Assert.Contains(" manifests fit their schemas, 0 do not\n", result.StandardOutput, StringComparison.Ordinal);
    }

    [Fact]
    public Task Manifests_WithMisspeltKeysAndValues_AreRefused() => AssertRefusedAsync(
    [
        (Manifest("security.istio.io/v1", "PeerAuthentication", """{ portLevelMtlss: { "3306": { mode: PERMISSIVE } } }"""), "/spec/portLevelMtlss is not a key"),
        (Manifest("security.istio.io/v1", "PeerAuthentication", """{ portLevelMtls: { "3306": { modus: PERMISSIVE } } }"""), "/spec/portLevelMtls/3306/modus is not a key"),
        (Manifest("security.istio.io/v1", "PeerAuthentication", "{ mtls: { mode: STRICKT } }"), "spec/mtls/mode"),
        (Manifest("v1", "Service", "{ externalTraficPolicy: Local, ports: [ { port: 80 } ] }"), "/spec/externalTraficPolicy is not a key"),
        (Manifest("apps/v1", "Deployment", "{ selector: {}, template: { spec: { containers: [ { name: a, imagee: b } ] } } }"), "/spec/template/spec/containers/0/imagee is not a key"),
        (Manifest("monitoring.coreos.com/v1", "PodMonitor", "{ selector: {}, podMetricsEndpoints: [ { portt: probes } ] }"), "/spec/podMetricsEndpoints/0/portt is not a key"),
    ]);

    [Fact]
    public async Task EnvoyFilters_WithWhatEnvoyDoesNotKnow_AreRefused()
    {
        var file = Path.Combine(RepositoryPaths.Root, "deploy/istio/proxy-protocol/mesh.yaml");
        var good = (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).Split("\n---\n")[0].Replace("name: mysql-proxy-protocol", "name: NAME", StringComparison.Ordinal);

        await AssertRefusedAsync(
        [
            (With("filter_disabled:", "filter_off:"), "/patch/value/filter_off is not a field"),
            (With("start: 3306", "begin: 3306"), "/not_match/destination_port_range/begin is not a field"),
            (With("proxy_protocol.v3.ProxyProtocol", "proxy_protocol.v2.ProxyProtocol"), "/typed_config/@type"),
            (With("filter_disabled:", "  allow_headerless: true\n          filter_disabled:"), "/typed_config/allow_headerless is not a field"),
            (With("envoy.filters.listener.original_dst", "envoy.filters.listener.orignal_dst"), "Istio has no envoy.filters.listener.orignal_dst there"),
        ]);

        string With(string right, string wrong)
        {
            Assert.Contains(right, good, StringComparison.Ordinal);
            return good.Replace(right, wrong, StringComparison.Ordinal);
        }
    }

    private static string Manifest(string apiVersion, string kind, string spec) => $"apiVersion: {apiVersion}\nkind: {kind}\nmetadata:\n  name: NAME\nspec: {spec}";

    // One run for all of them: most of its time is for loading the schemas.
    private static async Task AssertRefusedAsync((string Manifest, string Expected)[] cases)
    {
        using var folder = new TemporaryFolder();
        var documents = cases.Select((test, i) => test.Manifest.Replace("name: NAME", $"name: case-{i}", StringComparison.Ordinal));

        var result = await CheckAsync(folder.Write("a.yaml", string.Join("\n---\n", documents) + "\n"));

        Assert.True(result.ExitCode == 1, result.Output);
        var lines = result.StandardOutput.Split('\n');
        Assert.All(cases.Index(), test => Assert.Single(
            lines, line => line.Contains($" case-{test.Index}: ", StringComparison.Ordinal) && line.Contains(test.Item.Expected, StringComparison.Ordinal)));
    }

    private static async Task<ProcessResult> CheckAsync(params string[] files)
    {
        DebianPeer.Require("node");
        DebianPeer.Require("npm");
        var result = await ProcessRunner.RunAsync(["/bin/bash", Path.Combine(RepositoryPaths.Root, "deploy/check.sh"), .. files], timeout: TimeSpan.FromMinutes(2));
        Assert.SkipWhen(result.ExitCode == CannotBeHad, $"The schemas could not be fetched from npm: {result.StandardOutput.Trim()}");
        return result;
    }
}
