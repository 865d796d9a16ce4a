using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Examples;

/// <summary>
/// Every file that operators are given starts, and carries one connection per listener. Only what depends on the place is changed: ports,
/// the load balancer's network, the backends' addresses, and the files of certificates.
/// </summary>
public sealed class ExampleTests
{
    private const string Client = "127.0.0.55";

    public static TheoryData<string> Files
    {
        get
        {
            var root = Path.Combine(RepositoryPaths.Root, "appsettings");
            return
            [
                .. Directory.GetFiles(root, "*.json", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(root, f))
                    .Where(static f => !f.EndsWith(".schema.json", StringComparison.Ordinal)).Order(),
            ];
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Example_WithLocalAddresses_StartsAndCarriesAConnectionPerListener(string file)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(RepositoryPaths.Root, "appsettings", file));
        var root = JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true })!.AsObject();
        if (text.Contains("\"Transparent\"", StringComparison.Ordinal))
        {
            Rights.RequireTransparent();
        }

        var readsOptions = text.Contains("\"Toa\"", StringComparison.Ordinal);
        if (readsOptions)
        {
            Rights.RequireBpf();
        }

        using var group = readsOptions ? ControlGroup.Create() : null;
        await using var backend = RecordingTcpServer.Start();
        var announces = text.Contains("\"SourceIp.Mode\": \"ProxyProtocol\"", StringComparison.Ordinal);
        await using var web = Peers.HttpBackend.Start(announces);
        var admin = FreePorts.Next();
        root["Admin"] = new JsonObject { ["Address"] = $"127.0.0.1:{admin}" };
        if (root["Probes"] is JsonObject probes)
        {
            probes["Address"] = $"127.0.0.1:{FreePorts.Next()}";
        }

        using var folder = new TemporaryFolder();
        using var tls = new ExampleTls();
        var ports = new Dictionary<string, int>();
        foreach (var (name, listener) in Section(root, "Listeners"))
        {
            listener["Address"] = $"127.0.0.1:{ports[name] = FreePorts.Next()}";
            if (listener["ProxyProtocol"] is JsonObject policy)
            {
                policy["TrustedProxies"] = new JsonArray("127.0.0.1/32");
            }

            tls.Place(listener, folder);
        }

        Redirect(root["TcpProxy"], backend.Address);
        Redirect(root["ReverseProxy"], $"http://{web.Address}/");
        await using var gateway = await GatewayProcess.StartAsync(new TemporaryFolder(), folder.Write("example.json", root.ToJsonString()), admin, new GatewayStart { Prefix = group?.CommandPrefix ?? [] });

        foreach (var (name, listener) in Section(root, "Listeners"))
        {
            if (listener["Protocol"]!.GetValue<string>() == "Tcp")
            {
                await CarryTcpAsync(ports[name], listener, Section((JsonObject)root["TcpProxy"]!, "Routes").First(r => r.Value["Listener"]!.GetValue<string>() == name).Value, root, backend, tls);
            }
            else if (listener["HttpVersion"]?.GetValue<string>() != "Http2" && root["ReverseProxy"] is not null)
            {
                var scheme = listener["Protocol"]!.GetValue<string>().ToLowerInvariant();
                var target = new Uri($"{scheme}://127.0.0.1:{ports[name]}/example");
                using var client = scheme == "https" ? tls.CreateHttpClient(hasCertificate: true) : new HttpClient();
                using var response = await client.GetAsync(target);
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                var seen = await response.Content.ReadAsStringAsync();
                Assert.Contains("X-Forwarded-For: ", seen, StringComparison.OrdinalIgnoreCase);
                Assert.Equal(announces, seen.Contains("Announced: 127.0.0.1", StringComparison.Ordinal));
                if (listener["Tls"]?["ClientCertificates"] is not null)
                {
                    Assert.Contains($"X-Client-Cn: {ExampleTls.ClientName}\r\n", seen, StringComparison.OrdinalIgnoreCase);
                    using var stranger = tls.CreateHttpClient(hasCertificate: false);
                    await Assert.ThrowsAsync<HttpRequestException>(() => stranger.GetAsync(target));
                }
            }
        }
    }

    private static async Task CarryTcpAsync(int port, JsonNode listener, JsonNode route, JsonObject root, RecordingTcpServer backend, ExampleTls tls)
    {
        var sourceIp = route["SourceIp"] ?? root["TcpProxy"]!["Clusters"]![route["ClusterId"]!.GetValue<string>()]!["SourceIp"];
        using var client = await TcpPeer.ConnectAsync(port);
        if (listener["ProxyProtocol"] is not null)
        {
            await client.SendAsync(WireHeader.V2($"{Client}:5555", "127.0.0.1:443"));
        }

        if (route["Match"]?["ServerNames"]?[0]?.GetValue<string>() is { } name)
        {
            await tls.CarryAsync(client, name, listener["ClientHello"]?["StartTls"]?.GetValue<string>(), () => AcceptAsync(listener, sourceIp!, backend));
            return;
        }

        await client.SendAsync("hello");
        using var accepted = await AcceptAsync(listener, sourceIp!, backend);
        Assert.Equal("hello", await accepted.ReadTextAsync(5));
        await accepted.SendAsync("answer");
        Assert.Equal("answer", await client.ReadTextAsync(6));
    }

    private static async Task<TcpPeer> AcceptAsync(JsonNode listener, JsonNode sourceIp, RecordingTcpServer backend)
    {
        var accepted = await backend.NextAsync();
        var expected = listener["ProxyProtocol"] is null ? "127.0.0.1" : Client;
        switch (sourceIp["Mode"]!.GetValue<string>())
        {
            case "ProxyProtocol":
                Assert.Equal(expected, (await WireHeader.ReadAsync(accepted)).Source!.Address.ToString());
                break;
            case "Transparent":
                Assert.Equal(expected, accepted.Remote.Address.ToString());
                break;
        }

        return accepted;
    }

    private static IEnumerable<KeyValuePair<string, JsonNode>> Section(JsonObject root, string name) =>
        (root[name] as JsonObject ?? []).Select(p => KeyValuePair.Create(p.Key, p.Value!)).ToList();

    private static void Redirect(JsonNode? section, string address)
    {
        foreach (var (_, cluster) in Section(section as JsonObject ?? [], "Clusters"))
        {
            foreach (var (_, destination) in Section((JsonObject)cluster, "Destinations"))
            {
                destination["Address"] = address;
            }
        }
    }
}
