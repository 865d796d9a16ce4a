using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Kubernetes;
using Gateway.Testing.Network;

namespace Gateway.FunctionalTests.Kubernetes;

/// <summary>
/// A Gateway with HTTP and HTTPS and its HTTPRoutes, at a gateway that runs: a real nginx tells what it was sent. Its servers tell
/// <c>HOST TARGET CLIENT X-SET X-GONE</c>: of headers, and of a PROXY header. A third one speaks HTTP/2 alone, and tells
/// <c>PROTOCOL X-REAL-IP X-SET</c>.
/// </summary>
internal sealed class HttpRouteChecks(ApiServer server, int headers, int proxied, int http2) : IDisposable
{
    private const string Client = "127.0.0.9";
    private readonly int _http = FreePorts.Next();
    private readonly int _https = FreePorts.Next();
    private readonly TestAuthority _authority = new("cluster");
    private readonly TcpListener _silent = new(IPAddress.Loopback, 0);

    /// <summary>The inside of nginx's http block.</summary>
    public static string Nginx(int headers, int proxied, int http2)
    {
        return Server($"{headers}", "$http_x_forwarded_for") + Server($"{proxied} proxy_protocol", "$proxy_protocol_addr")
            + $$"""
            server { listen 127.0.0.1:{{http2}} http2;
                     location / { return 200 "$server_protocol $http_x_real_ip $http_x_set"; } }
            """;

        static string Server(string listen, string client) => $$"""
            server { listen 127.0.0.1:{{listen}}; add_header X-Gone from-nginx;
                     location / { return 200 "$http_host $request_uri {{client}} $http_x_set $http_x_gone"; } }
            """;
    }

    /// <summary>Applies the objects, and asks.</summary>
    /// <param name="admin">Asks the gateway's admin port.</param>
    public async Task RunAsync(Func<string, Task<HttpResponseMessage>> admin)
    {
        Apply();
        using var client = new HttpClient(Handler());
        await Eventually.TrueAsync(
            async () => await ConnectsAsync(_http) && await ConnectsAsync(_https), "the ports of the Gateway are open");

        // The backend sees the client, the host and the target, also behind TLS.
        Assert.Equal($"a.example.com:{_http} /a%2Fb?x=1 {Client}  ", await GetAsync(client, Url("a.example.com", "/a%2Fb?x=1")));
        Assert.Equal($"web.example.com:{_https} / {Client}  ", await GetAsync(client, $"https://web.example.com:{_https}/"));
        Assert.Equal($"a.example.com:{_http} /told {Client}  ", await GetAsync(client, Url("a.example.com", "/told")));
        // The cluster of the first backend, which has no share, is not asked.
        Assert.Equal($"a.example.com:{_http} /split {Client}  ", await GetAsync(client, Url("a.example.com", "/split")));

        // Filters.
        using var changed = await SendAsync(
            client, Url("a.example.com", "/old/x%20y?q"), static request => request.Headers.Add("X-Gone", "g"));
        Assert.Equal($"new.example.org /new/x%20y?q {Client} set ", await changed.Content.ReadAsStringAsync());
        Assert.False(changed.Headers.Contains("X-Gone"));
        using var moved = await SendAsync(client, Url("a.example.com", "/moved/x?q=1"));
        Assert.Equal(HttpStatusCode.MovedPermanently, moved.StatusCode);
        Assert.Equal($"https://a.example.com:{_https}/x?q=1", $"{moved.Headers.Location}");

        // A backend that does not exist, a host or a path or a method without a route, and a path of the file's routes.
        Assert.Equal(500, await StatusAsync(client, Url("a.example.com", "/nobody")));
        Assert.Equal(404, await StatusAsync(client, Url("example.com", "/")));
        Assert.Equal(404, await StatusAsync(client, Url("exact.example.com", "/Exact")));
        Assert.Equal(404, await StatusAsync(client, Url("exact.example.com", "/exact/")));
        Assert.Equal(200, await StatusAsync(client, Url("exact.example.com", "/exact")));
        Assert.Equal(404, await StatusAsync(client, Url("exact.example.com", "/file")));
        // Statuses are written once the routes are in force.
        await Eventually.TrueAsync(
            () => Status("HTTPRoute", "web").Contains("BackendNotFound", StringComparison.Ordinal), "the status of the route");
        await Eventually.TrueAsync(
            () => Status("Gateway", "web").Split("\"attachedRoutes\":1").Length - 1 == 3, "a route at each listener");

        await CheckBackendsAsync(client, admin);
        await CheckOtherGatewayAsync(client);
        await CheckPolicyAsync(client);
    }

    // HTTP/2 in clear, a filter of a backend, a backend that does not answer in time, and what the API says of shares and redirects.
    private async Task CheckBackendsAsync(HttpClient client, Func<string, Task<HttpResponseMessage>> admin)
    {
        Assert.Equal($"HTTP/2.0 {Client} of-backend", await GetAsync(client, Url("a.example.com", "/http2")));
        Assert.Equal(504, await StatusAsync(client, Url("a.example.com", "/silent")));

        // Each share has its own filter, and no other's.
        string[] both = [await GetAsync(client, Url("a.example.com", "/canary")), await GetAsync(client, Url("a.example.com", "/canary"))];
        Assert.Equal([$"HTTP/2.0 {Client} canary", $"a.example.com:{_http} /canary {Client} stable "], both.Order(StringComparer.Ordinal));

        using var answer = await admin("/api/routes");
        using var routes = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var split = Find("/split");
        Assert.Equal(
            ["service.default.web.http 0 X-Forwarded-For", "service.default.told.http.proxyprotocol 1 X-Forwarded-For, ProxyProtocol"],
            split.GetProperty("clusters").EnumerateArray()
                .Select(static one => $"{one.GetProperty("name")} {one.GetProperty("weight")} {one.GetProperty("mode")}"));
        Assert.StartsWith("301 https://*:", Find("/moved").GetProperty("redirect").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, Find("/moved").GetProperty("cluster").ValueKind);
        Assert.False(Find("/told").TryGetProperty("clusters", out _));

        JsonElement Find(string path) => routes.RootElement.GetProperty("routes").EnumerateArray().First(route =>
            route.GetProperty("match").GetString()!.Contains($"path {path}/", StringComparison.Ordinal)
            && route.GetProperty("name").GetString()!.StartsWith($"httproute.default.web.{_http}", StringComparison.Ordinal));
    }

    // A second Gateway with a name of its own on the same ports. Its requests on a connection of the first one's name are misdirected.
    private async Task CheckOtherGatewayAsync(HttpClient client)
    {
        server.Put("""
            { "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": { "name": "web-2", "namespace": "default" },
              "spec": { "parentRefs": [ { "name": "web-2" } ], "rules": [ { "backendRefs": [ { "name": "web", "port": 80 } ] } ] } }
            """);
        server.Put($$"""
            { "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": { "name": "web-2", "namespace": "default" },
              "spec": { "gatewayClassName": "my-tcp-gateway-class", "listeners": [
                { "name": "same", "protocol": "HTTP", "port": {{_http}} },
                { "name": "http", "protocol": "HTTP", "port": {{_http}}, "hostname": "two.example.org" },
                { "name": "https", "protocol": "HTTPS", "port": {{_https}}, "hostname": "two.example.org",
                  "tls": { "certificateRefs": [ { "name": "web" } ] } } ] } }
            """);
        await Eventually.TrueAsync(
            async () => await StatusAsync(client, Url("two.example.org", "/")) == 200, "the second Gateway has its part of the port");
        Assert.Equal($"two.example.org:{_https} / {Client}  ", await GetAsync(client, $"https://two.example.org:{_https}/"));
        await Eventually.TrueAsync(
            () => Status("Gateway", "web-2").Contains("HostnameConflict", StringComparison.Ordinal), "the name that the older one has");

        using var other = new HttpClient(Handler("web.example.com"));
        Assert.Equal(421, await StatusAsync(other, $"http://two.example.org:{_https}/"));
        Assert.Equal(200, await StatusAsync(other, $"http://web.example.com:{_https}/"));
        Assert.Equal(404, await StatusAsync(other, $"http://three.example.org:{_https}/"));
    }

    // The client of a hop that a policy trusts.
    private async Task CheckPolicyAsync(HttpClient client)
    {
        server.Put($$"""
            { "apiVersion": "gateway.internal/v1alpha1", "kind": "SourceIpPolicy", "metadata": { "name": "hop", "namespace": "default" },
              "spec": { "targetRefs": [ { "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "web" } ],
                        "forwardedHeaders": { "trustedProxies": [ "{{Client}}/32" ] } } }
            """);
        await Eventually.TrueAsync(
            async () =>
            {
                // A connection keeps the policy that it began with.
                using var one = new HttpClient(Handler());
                using var answer = await SendAsync(
                    one, Url("a.example.com", "/http2"), static request => request.Headers.Add("X-Forwarded-For", "203.0.113.7"));
                return await answer.Content.ReadAsStringAsync() == "HTTP/2.0 203.0.113.7 of-backend";
            },
            "the client of X-Forwarded-For");
        Assert.Equal(404, await StatusAsync(client, Url("example.com", "/")));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _silent.Dispose();
        _authority.Dispose();
    }

    private void Apply()
    {
        var pair = _authority.Issue("web", "web.example.com", "two.example.org", "three.example.org");
        _silent.Start();
        server.Put($$"""
            { "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "web", "namespace": "default" }, "data": {
              "tls.crt": "{{Base64(pair.Certificate)}}", "tls.key": "{{Base64(pair.Key)}}" } }
            """);
        PutService("web", headers);
        PutService("told", proxied, """ "gateway.internal/source-ip": "ProxyProtocol" """);
        PutService("http2", http2, protocol: "kubernetes.io/h2c");
        PutService("silent", ((IPEndPoint)_silent.LocalEndpoint).Port);
        server.Put($$"""
            { "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": { "name": "web", "namespace": "default" },
              "spec": { "parentRefs": [ { "name": "web", "sectionName": "http" }, { "name": "web", "sectionName": "https" } ],
                        "hostnames": [ "*.example.com" ], "rules": [
                { "backendRefs": [ { "name": "web", "port": 80 } ] },
                {{Rule("/told", """{ "name": "told", "port": 80 }""")}},
                {{Rule("/split", """{ "name": "web", "port": 80, "weight": 0 }, { "name": "told", "port": 80 }""")}},
                {{Rule("/nobody", """{ "name": "nobody", "port": 80 }""")}},
                {{Rule("/silent", """{ "name": "silent", "port": 80 }""", rest: """, "timeouts": { "backendRequest": "200ms" } """)}},
                {{Rule("/canary", """
                    { "name": "web", "port": 80, "filters": [ { "type": "RequestHeaderModifier", "requestHeaderModifier": {
                      "set": [ { "name": "X-Set", "value": "stable" } ] } } ] },
                    { "name": "http2", "port": 80, "filters": [ { "type": "RequestHeaderModifier", "requestHeaderModifier": {
                      "set": [ { "name": "X-Set", "value": "canary" } ] } } ] }
                    """)}},
                {{Rule("/http2", """
                    { "name": "http2", "port": 80, "filters": [ { "type": "RequestHeaderModifier", "requestHeaderModifier": {
                      "set": [ { "name": "X-Set", "value": "of-backend" } ] } } ] }
                    """)}},
                {{Rule("/moved", "", $$"""
                    { "type": "RequestRedirect", "requestRedirect": { "scheme": "https", "port": {{_https}}, "statusCode": 301,
                      "path": { "type": "ReplacePrefixMatch", "replacePrefixMatch": "/" } } }
                    """)}},
                {{Rule("/old", """{ "name": "web", "port": 80 }""", """
                    { "type": "URLRewrite", "urlRewrite": { "hostname": "new.example.org",
                      "path": { "type": "ReplacePrefixMatch", "replacePrefixMatch": "/new" } } },
                    { "type": "RequestHeaderModifier", "requestHeaderModifier": {
                      "set": [ { "name": "X-Set", "value": "set" } ], "remove": [ "x-gone" ] } },
                    { "type": "ResponseHeaderModifier", "responseHeaderModifier": { "remove": [ "X-Gone" ] } }
                    """)}} ] } }
            """);
        server.Put("""
            { "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": { "name": "exact", "namespace": "default" },
              "spec": { "parentRefs": [ { "name": "web", "sectionName": "exact" } ], "rules": [ {
                "matches": [ { "path": { "type": "Exact", "value": "/exact" }, "method": "GET" } ],
                "backendRefs": [ { "name": "web", "port": 80 } ] } ] } }
            """);
        server.Put($$"""
            { "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": { "name": "web", "namespace": "default" },
              "spec": { "gatewayClassName": "my-tcp-gateway-class", "listeners": [
                { "name": "http", "protocol": "HTTP", "port": {{_http}} },
                { "name": "exact", "protocol": "HTTP", "port": {{_http}}, "hostname": "exact.example.com" },
                { "name": "https", "protocol": "HTTPS", "port": {{_https}}, "hostname": "web.example.com",
                  "tls": { "certificateRefs": [ { "name": "web" } ] } } ] } }
            """);
    }

    private void PutService(string name, int port, string annotations = "", string protocol = "http")
    {
        server.Put($$"""
            { "apiVersion": "v1", "kind": "Service",
              "metadata": { "name": "{{name}}", "namespace": "default", "annotations": { {{annotations}} } },
              "spec": { "ports": [ { "name": "http", "port": 80, "targetPort": {{port}}, "appProtocol": "{{protocol}}" } ] } }
            """);
        server.Put(SliceText.Of($"default/{name}", $"{name}-1", [SliceText.Port("http", port)], [SliceText.Endpoint("127.0.0.1")]));
    }

    private string Status(string kind, string name) => server.Store
        .Find(ApiKind.Known.First(one => one.Kind == kind), "default", name)?["status"]?.ToJsonString() ?? "";

    // Whatever the name is, the address is the gateway's, and the client's is this one. With a server name each connection has TLS, and the
    // handshake says this name instead of the request's host.
    private SocketsHttpHandler Handler(string? serverName = null) => new()
    {
        AllowAutoRedirect = false,
        ConnectCallback = async (context, cancel) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Parse(Client), 0));
            await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancel);
            var stream = new NetworkStream(socket, ownsSocket: true);
            if (serverName is null)
            {
                return stream;
            }

            var tls = new SslStream(stream);
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = serverName, CertificateChainPolicy = _authority.CreatePolicy() }, cancel);
            return tls;
        },
        SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = _authority.CreatePolicy(),
        },
    };

    private string Url(string host, string target) => $"http://{host}:{_http}{target}";

    private static string Rule(string path, string backends, string filters = "", string rest = "") => $$"""
        { "matches": [ { "path": { "value": "{{path}}" } } ], "filters": [ {{filters}} ], "backendRefs": [ {{backends}} ]{{rest}} }
        """;

    private static async Task<string> GetAsync(HttpClient client, string url)
    {
        using var answer = await SendAsync(client, url);
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task<int> StatusAsync(HttpClient client, string url)
    {
        using var answer = await SendAsync(client, url);
        return (int)answer.StatusCode;
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string url, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri(url, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        change?.Invoke(request);
        return await client.SendAsync(request);
    }

    private static async Task<bool> ConnectsAsync(int port)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
