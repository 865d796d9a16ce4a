using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Kubernetes;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;

namespace Gateway.FunctionalTests.Kubernetes;

/// <summary>
/// A Gateway that ends TLS at one port and passes it on at another, to a real nginx that ends it, and its TLSRoutes.
/// </summary>
internal sealed class TlsRouteChecks(ApiServer server) : IDisposable
{
    private const string Client = "127.0.0.9";
    private readonly int _ends = FreePorts.Next();
    private readonly int _passes = FreePorts.Next();
    private readonly TestAuthority _authority = new("cluster");

    /// <summary>Applies the objects, and asks.</summary>
    /// <param name="service">A Service whose pod answers with the client of a PROXY header.</param>
    public async Task RunAsync(string service)
    {
        var pair = _authority.Issue("tls", "ends.example.com", "a.b.example.com", "example.org");
        using var folder = new TemporaryFolder();
        var behind = FreePorts.Next();
        await using var nginx = await NginxPeer.StartAsync(
            behind,
            stream: $$"""
                server { listen 127.0.0.1:{{behind}} ssl; ssl_certificate {{folder.Write("tls.crt", pair.Certificate)}};
                         ssl_certificate_key {{folder.Write("tls.key", pair.Key)}}; return passed; }
                """);
        Apply(service, pair, behind);
        await Eventually.TrueAsync(
            async () => await AskAsync(_ends, "ends.example.com") is { } told && told.Answer == $"{told.Client}",
            "TLS ends, and the client is told");

        // By name, of several labels too. The certificate is nginx's.
        Assert.Equal("passed", (await AskAsync(_passes, "ends.example.com"))?.Answer);
        Assert.Equal("passed", (await AskAsync(_passes, "a.b.example.com"))?.Answer);
        Assert.Null(await AskAsync(_passes, "example.org"));
    }

    /// <inheritdoc/>
    public void Dispose() => _authority.Dispose();

    private void Apply(string service, TestCertificate pair, int behind)
    {
        server.Put($$"""
            { "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "ends", "namespace": "default" }, "data": {
              "tls.crt": "{{Base64(pair.Certificate)}}", "tls.key": "{{Base64(pair.Key)}}" } }
            """);
        server.Put($$"""
            { "apiVersion": "v1", "kind": "Service", "metadata": { "name": "behind", "namespace": "default" },
              "spec": { "ports": [ { "name": "tls", "port": 443, "targetPort": {{behind}} } ] } }
            """);
        server.Put(SliceText.Of("default/behind", "behind-1", [SliceText.Port("tls", behind)], [SliceText.Endpoint("127.0.0.1")]));
        server.Put(Route("ends", "{}", service, 6000, """ "gateway.internal/source-ip": "ProxyProtocol" """));
        server.Put(Route("passes", """{ "hostnames": [ "*.example.com" ] }""", "behind", 443));
        server.Put($$"""
            { "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": { "name": "tls", "namespace": "default" },
              "spec": { "gatewayClassName": "my-tcp-gateway-class", "listeners": [
                { "name": "ends", "protocol": "TLS", "port": {{_ends}}, "tls": { "certificateRefs": [ { "name": "ends" } ] } },
                { "name": "passes", "protocol": "TLS", "port": {{_passes}}, "tls": { "mode": "Passthrough" } } ] } }
            """);
    }

    private static string Route(string name, string more, string service, int port, string annotations = "")
    {
        var route = JsonNode.Parse($$"""
            { "apiVersion": "gateway.networking.k8s.io/v1", "kind": "TLSRoute",
              "metadata": { "name": "{{name}}", "namespace": "default", "annotations": { {{annotations}} } },
              "spec": { "parentRefs": [ { "name": "tls", "sectionName": "{{name}}" } ],
                        "rules": [ { "backendRefs": [ { "name": "{{service}}", "port": {{port}} } ] } ] } }
            """)!;
        foreach (var (key, value) in JsonNode.Parse(more)!.AsObject())
        {
            route["spec"]![key] = value!.DeepClone();
        }

        return route.ToJsonString();
    }

    // Null: the connection ends before anything is said.
    private async Task<(string Answer, EndPoint Client)?> AskAsync(int port, string name)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Parse(Client), 0));
            await socket.ConnectAsync(IPAddress.Loopback, port);
            await using var tls = new SslStream(new NetworkStream(socket));
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = name, CertificateChainPolicy = _authority.CreatePolicy() });
            using var reader = new StreamReader(tls, Encoding.ASCII);
            return (await reader.ReadToEndAsync().WaitAsync(Eventually.DefaultTimeout), socket.LocalEndPoint!);
        }
        catch (Exception ended) when (ended is IOException or SocketException or AuthenticationException)
        {
            return null;
        }
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
