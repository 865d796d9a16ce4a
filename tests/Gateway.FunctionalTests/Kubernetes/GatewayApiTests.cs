using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Testing;
using Gateway.Testing.Kubernetes;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Kubernetes;

/// <summary>
/// The user's test: the Gateway API's own example of a TCPRoute and one line, and the backend (a real nginx) tells the client's address.
/// Then objects come, change and go, some of them wrong. Then the same with HTTP and TLS (<see cref="HttpRouteChecks"/>,
/// <see cref="TlsRouteChecks"/>).
/// </summary>
public sealed class GatewayApiTests
{
    private static readonly ApiKind Gateways = Kind("Gateway");
    private static readonly ApiKind Routes = Kind("TCPRoute");
    private static readonly ApiKind Policies = new("gateway.internal", "v1alpha1", "sourceippolicies", "SourceIpPolicy");

    [Fact]
    public async Task StockExample_AndOneLine_TheBackendTellsTheClient()
    {
        await using var server = await ApiServer.StartAsync();
        server.Add(Policies);
        var (foo, bar, own, behind, admin) = (FreePorts.Next(), FreePorts.Next(), FreePorts.Next(), FreePorts.Next(), FreePorts.Next());
        var (headers, proxied, http2) = (FreePorts.Next(), FreePorts.Next(), FreePorts.Next());
        await using var nginx = await NginxPeer.StartAsync(
            behind,
            HttpRouteChecks.Nginx(headers, proxied, http2),
            $"server {{ listen 127.0.0.1:{behind} proxy_protocol; return '$proxy_protocol_addr:$proxy_protocol_port'; }}");
        PutService(server, "my-foo-service", behind);
        PutService(server, "my-bar-service", behind);
        Apply(server, Example(foo, bar));
        using var folder = new TemporaryFolder();
        server.Faults.IsAway = true;
        var start = GatewayProcess.StartAsync(folder, folder.Write("appsettings.json", File(server, own, admin)), admin);
        await IsNotReadyAsync(admin);
        server.Faults.IsAway = false;
        await using var gateway = await start;

        // The line: an annotation.
        await TellsAsync(foo);
        Assert.Equal("True/Accepted", await RouteSaysAsync(server, "tcp-app-1", "Accepted"));
        Assert.Equal("True/Programmed", await SaysAsync(server, Gateways, "my-tcp-gateway", "Programmed"));
        var gatewayStatus = server.Store.Find(Gateways, "default", "my-tcp-gateway")!["status"]!;
        Assert.Equal("203.0.113.10", $"{gatewayStatus["addresses"]![0]!["value"]}");
        Assert.Equal([1, 1], gatewayStatus["listeners"]!.AsArray().Select(static one => one!["attachedRoutes"]!.GetValue<int>()));

        // Or a policy, which comes while the gateway runs.
        server.Put("""
            { "apiVersion": "gateway.internal/v1alpha1", "kind": "SourceIpPolicy",
              "metadata": { "name": "p", "namespace": "default" }, "spec": {
              "targetRefs": [ { "group": "", "kind": "Service", "name": "my-bar-service" } ],
              "sourceIp": { "mode": "ProxyProtocol", "version": "V1" } } }
            """);
        await TellsAsync(bar);
        await WroteAsync(server, Policies, "p", "\"Accepted\"");

        await CheckSourcesAsync(gateway);
        await CheckWrongObjectsAsync(server, gateway, foo, own);
        using (var http = new HttpRouteChecks(server, headers, proxied, http2))
        {
            await http.RunAsync(gateway.AdminAsync);
        }

        using (var tls = new TlsRouteChecks(server))
        {
            await tls.RunAsync("my-foo-service");
        }

        await TellsAsync(foo);

        // Routes that go take their port along, and the other one stays.
        server.Store.Delete(Routes, "default", "lost");
        server.Store.Delete(Routes, "default", "tcp-app-2");
        await Eventually.TrueAsync(() => !ListeningPorts.Has(bar, gateway.Process.Id), "the port of the route that is gone is closed");
        await TellsAsync(foo);
        var lease = server.Store.Find(Kind("Lease"), "default", "gateway-api-my-tcp-gateway-class")!;
        Assert.NotEmpty($"{lease["spec"]!["holderIdentity"]}");
        gateway.Terminate();
        Assert.Equal(0, await gateway.Process.WaitForExitAsync());
        Assert.Empty($"{server.Store.Find(Kind("Lease"), "default", "gateway-api-my-tcp-gateway-class")!["spec"]!["holderIdentity"]}");

        // All of this with the rights of the manifests.
        var rights = ShippedRights.Read();
        Assert.Empty(rights.Refused(server.Requests));
        Assert.Empty(rights.Unused(server.Requests));
    }

    // While the API server is away, the file's routes are served, and the gateway is not ready.
    private static async Task IsNotReadyAsync(int admin)
    {
        using var client = new HttpClient();
        await Eventually.GetAsync(
            async () =>
            {
                try
                {
                    using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{admin}/healthz/ready"));
                    return $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}";
                }
                catch (HttpRequestException)
                {
                    return "";
                }
            },
            static said => said == "503 waiting for the routes of Kubernetes:GatewayClass\n",
            "not ready yet");
    }

    private static async Task CheckSourcesAsync(GatewayProcess gateway)
    {
        using var answer = await gateway.AdminAsync("/api/routes");
        using var routes = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal(
            ["TCPRoute default/tcp-app-1", "TCPRoute default/tcp-app-2", "file", "file"],
            routes.RootElement.GetProperty("routes").EnumerateArray()
                .Select(static route => route.GetProperty("source").GetString()).Order());
        using var answered = await gateway.AdminAsync("/api/config");
        var config = await answered.Content.ReadAsStringAsync();
        Assert.Contains("\":\"Gateway default/my-tcp-gateway\"", config, StringComparison.Ordinal);
        // The file is the first one; the objects came into force, and then the policy.
        Assert.Matches("\"version\":1,\"changes\":([2-9]|[1-9][0-9]+),", config);
        await gateway.Process.WaitForLineAsync(
            static line => line.Contains("TCPRoute default/tcp-app-2 as tcproute.default.tcp-app-2.", StringComparison.Ordinal), "the log");
    }

    // The file's port is the file's; a policy that names an unknown network closes its own listener; the rest goes on.
    private static async Task CheckWrongObjectsAsync(ApiServer server, GatewayProcess gateway, int foo, int own)
    {
        var before = gateway.Complaints().Count;
        server.Put(GatewayText("clash", own));
        server.Put(RouteText("clash", "clash", "my-foo-service"));
        server.Put(RouteText("lost", "my-tcp-gateway", "nobody"));

        await WroteAsync(server, Gateways, "clash", "PortUnavailable");
        await WroteAsync(server, Routes, "lost", "BackendNotFound");
        await TellsAsync(foo);
        Assert.Equal(before, gateway.Complaints().Count);
        Assert.Equal("own", await AnswerAsync(own));
    }

    private static async Task TellsAsync(int port) => await Eventually.TrueAsync(
        async () =>
        {
            try
            {
                using var client = await TcpPeer.ConnectAsync(port, "127.0.0.9");
                // Without a header nginx would wait for it.
                var answer = await client.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(1));
                return Encoding.ASCII.GetString(answer) == client.Local.ToString();
            }
            catch (Exception refused) when (refused is System.Net.Sockets.SocketException or IOException or TimeoutException)
            {
                return false;
            }
        },
        "the backend tells the client");

    private static async Task<string> AnswerAsync(int port)
    {
        using var client = await TcpPeer.ConnectAsync(port);
        await client.SendAsync("GET / HTTP/1.0\r\n\r\n");
        return Encoding.ASCII.GetString(await client.ReadToEndAsync()).Contains(" 404 ", StringComparison.Ordinal) ? "own" : "?";
    }

    private static Task<string> RouteSaysAsync(ApiServer server, string name, string type) => ConditionAsync(
        () => server.Store.Find(Routes, "default", name)?["status"]?["parents"]?[0]?["conditions"], type);

    private static Task<string> SaysAsync(ApiServer server, ApiKind kind, string name, string type) =>
        ConditionAsync(() => server.Store.Find(kind, "default", name)?["status"]?["conditions"], type);

    private static async Task<string> ConditionAsync(Func<JsonNode?> conditions, string type) => (await Eventually.GetAsync(
        () => Task.FromResult((conditions() as JsonArray ?? []).Where(one => $"{one!["type"]}" == type)
            .Select(static one => $"{one!["status"]}/{one["reason"]}").FirstOrDefault()),
        static said => said is not null,
        $"the condition {type}"))!;

    private static Task WroteAsync(ApiServer server, ApiKind kind, string name, string text) => Eventually.TrueAsync(
        () => server.Store.Find(kind, "default", name)?["status"]?.ToJsonString().Contains(text, StringComparison.Ordinal) == true,
        $"the status of {name} says {text}");

    private static void Apply(ApiServer server, IEnumerable<string> objects)
    {
        foreach (var item in objects)
        {
            server.Put(item);
        }
    }

    private static void PutService(ApiServer server, string name, int port)
    {
        server.Put($$"""
            { "apiVersion": "v1", "kind": "Service", "metadata": { "name": "{{name}}", "namespace": "default" },
              "spec": { "ports": [ { "name": "tcp", "port": 6000, "targetPort": {{port}} } ] } }
            """);
        server.Put(SliceText.Of($"default/{name}", $"{name}-1", [SliceText.Port("tcp", port)], [SliceText.Endpoint("127.0.0.1")]));
    }

    /// <summary>examples/standard/basic-tcp.yaml of the Gateway API with other ports, and one line.</summary>
    private static IEnumerable<string> Example(int foo, int bar) =>
    [
        """{ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "default" } }""",
        """
        { "apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": { "name": "my-tcp-gateway-class" },
          "spec": { "controllerName": "gateway.internal/controller" } }
        """,
        $$"""
        { "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": { "name": "my-tcp-gateway", "namespace": "default" },
          "spec": { "gatewayClassName": "my-tcp-gateway-class", "listeners": [
            { "name": "foo", "protocol": "TCP", "port": {{foo}}, "allowedRoutes": { "kinds": [ { "kind": "TCPRoute" } ] } },
            { "name": "bar", "protocol": "TCP", "port": {{bar}}, "allowedRoutes": { "kinds": [ { "kind": "TCPRoute" } ] } } ] } }
        """,
        """
        { "apiVersion": "gateway.networking.k8s.io/v1", "kind": "TCPRoute", "metadata": { "name": "tcp-app-1", "namespace": "default",
            "annotations": { "gateway.internal/source-ip": "ProxyProtocol" } },
          "spec": { "parentRefs": [ { "name": "my-tcp-gateway", "sectionName": "foo" } ],
                    "rules": [ { "backendRefs": [ { "name": "my-foo-service", "port": 6000 } ] } ] } }
        """,
        """
        { "apiVersion": "gateway.networking.k8s.io/v1", "kind": "TCPRoute", "metadata": { "name": "tcp-app-2", "namespace": "default" },
          "spec": { "parentRefs": [ { "name": "my-tcp-gateway", "sectionName": "bar" } ],
                    "rules": [ { "backendRefs": [ { "name": "my-bar-service", "port": 6000 } ] } ] } }
        """,
    ];

    private static string GatewayText(string name, int port) => $$"""
        { "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": { "name": "{{name}}", "namespace": "default" },
          "spec": { "gatewayClassName": "my-tcp-gateway-class", "listeners": [ { "name": "tcp", "protocol": "TCP", "port": {{port}} } ] } }
        """;

    private static string RouteText(string name, string gateway, string service) => $$"""
        { "apiVersion": "gateway.networking.k8s.io/v1", "kind": "TCPRoute", "metadata": { "name": "{{name}}", "namespace": "default" },
          "spec": { "parentRefs": [ { "name": "{{gateway}}" } ],
                    "rules": [ { "backendRefs": [ { "name": "{{service}}", "port": 6000 } ] } ] } }
        """;

    private static string File(ApiServer server, int own, int admin) => $$"""
        {
          "Listeners": {
            "web": { "Address": "127.0.0.1:{{own}}", "Protocol": "Http" },
            "db": { "Address": "127.0.0.1:{{FreePorts.Next()}}", "Protocol": "Tcp" }
          },
          "TcpProxy": {
            "Routes": { "db": { "Listener": "db", "ClusterId": "db", "SourceIp": { "Mode": "None" } } },
            "Clusters": { "db": { "Destinations": { "a": { "Address": "192.0.2.1:5432" } } } }
          },
          "ReverseProxy": {
            "Routes": { "file": { "ClusterId": "file", "Match": { "Path": "/file" } } },
            "Clusters": { "file": { "Destinations": { "a": { "Address": "http://192.0.2.1/" } } } }
          },
          "Kubernetes": { "ApiServer": "{{server.Url}}", "GatewayClass": "my-tcp-gateway-class", "GatewayAddresses": [ "203.0.113.10" ] },
          "Admin": { "Address": "127.0.0.1:{{admin}}" }
        }
        """;

    private static ApiKind Kind(string kind) => ApiKind.Known.First(one => one.Kind == kind);
}
