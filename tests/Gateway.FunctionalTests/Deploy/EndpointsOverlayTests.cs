using Gateway.Kubernetes.Endpoints;

namespace Gateway.FunctionalTests.Deploy;

/// <summary>deploy/components/endpoints by way of its overlay: the rights are those that the gateway uses, and no others.</summary>
public sealed class EndpointsOverlayTests
{
    private const string Folder = "overlays/endpoints";

    [Fact]
    public async Task Role_OfTheOverlay_IsToReadEndpointSlicesAlone()
    {
        var documents = await RenderedManifests.OfAsync(Folder);
        var role = documents.Document("Role", "gateway-endpoints");

        Assert.EndsWith(
            $"""
            rules:
            - apiGroups:
              - {EndpointSlice.Type.Group}
              resources:
              - {EndpointSlice.Type.Plural}
              verbs:
              - get
              - list
              - watch

            """,
            role,
            StringComparison.Ordinal);
        Assert.DoesNotContain(documents.Documents, static document => document.Contains("kind: ClusterRole", StringComparison.Ordinal));
        var binding = documents.Document("RoleBinding", "gateway-endpoints");
        Assert.Contains("- kind: ServiceAccount\n  name: gateway\n", binding, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pods_OfTheGateway_AloneHaveTheToken()
    {
        var documents = await RenderedManifests.OfAsync(Folder);
        var gateway = documents.Document("Deployment", "gateway");

        Assert.Contains("      automountServiceAccountToken: true\n", gateway, StringComparison.Ordinal);
        Assert.Contains("      serviceAccountName: gateway\n", gateway, StringComparison.Ordinal);
        Assert.Contains("automountServiceAccountToken: false\n", documents.Document("Deployment", "whoami"), StringComparison.Ordinal);
        Assert.Contains("automountServiceAccountToken: false\n", documents.Document("ServiceAccount", "gateway"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Services_OfTheConfiguration_AreThereWithTheirPorts()
    {
        var services = ServiceRegistry.NamedBy(RenderedManifests.ConfigurationOf(Folder));
        var documents = await RenderedManifests.OfAsync(Folder);

        Assert.Equal(["gateway/whoami:http", "gateway/whoami:tcp"], services.Select(static service => service.ToString()).Order());
        foreach (var service in services)
        {
            var document = documents.Document("Service", service.Name);
            Assert.Contains($"  namespace: {service.Namespace}\n", document, StringComparison.Ordinal);
            Assert.Contains($"name: {service.Port}\n", document, StringComparison.Ordinal);
        }
    }
}
