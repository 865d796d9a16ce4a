using Gateway.Testing;
using Gateway.Testing.Kubernetes;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Kubernetes;

/// <summary>The status page in a real browser, and routes that come from the cluster while somebody looks at it.</summary>
public sealed class RoutesOnThePageTests
{
    [Fact]
    public async Task Page_RouteThatComesLater_IsShown()
    {
        Assert.SkipWhen(Chromium.Path is null, "chromium is not installed (Debian: chromium).");
        await using var server = await ApiServer.StartAsync();
        foreach (var item in Objects(FreePorts.Next()))
        {
            server.Put(item);
        }

        var admin = FreePorts.Next();
        using var folder = new TemporaryFolder();
        var file = folder.Write("appsettings.json", $$"""
            { "Kubernetes": { "ApiServer": "{{server.Url}}", "GatewayClass": "gw" }, "Admin": { "Address": "127.0.0.1:{{admin}}" } }
            """);
        await using var gateway = await GatewayProcess.StartAsync(folder, file, admin);
        await using var browser = await Chromium.StartAsync();
        await browser.OpenAsync(new Uri($"http://127.0.0.1:{admin}/"));
        await browser.WaitForAsync("document.querySelector('#routes-table')?.textContent.includes('httproute.default.first')");

        server.Put(Route("later"));

        await browser.WaitForAsync("document.querySelector('#routes-table').textContent.includes('httproute.default.later')");
        await browser.WaitForAsync("[...document.querySelector('#route').options].some(one => one.value.includes('default.later'))");
        await browser.WaitForAsync("document.querySelector('#state').textContent.includes('configuration 1')");
    }

    private static IEnumerable<string> Objects(int port) =>
    [
        """{ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "default" } }""",
        """
        { "apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": { "name": "gw" },
          "spec": { "controllerName": "gateway.internal/controller" } }
        """,
        $$"""
        { "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": { "name": "web", "namespace": "default" },
          "spec": { "gatewayClassName": "gw", "listeners": [ { "name": "http", "protocol": "HTTP", "port": {{port}} } ] } }
        """,
        """
        { "apiVersion": "v1", "kind": "Service", "metadata": { "name": "web", "namespace": "default" },
          "spec": { "ports": [ { "name": "p", "port": 80, "targetPort": 8080 } ] } }
        """,
        SliceText.Of("default/web", "web-1", [SliceText.Port("p", 8080)], [SliceText.Endpoint("127.0.0.1")]),
        Route("first"),
    ];

    private static string Route(string name) => $$"""
        { "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": { "name": "{{name}}", "namespace": "default" },
          "spec": { "parentRefs": [ { "name": "web" } ],
                    "rules": [ {
                        "matches": [ { "path": { "value": "/{{name}}" } } ],
                        "backendRefs": [ { "name": "web", "port": 80 } ] } ] } }
        """;
}
