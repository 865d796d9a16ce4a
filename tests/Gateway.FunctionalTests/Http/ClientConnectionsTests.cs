using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Http;

/// <summary>
/// HTTP destinations that learn the client's address from the connection, in front of a real nginx: it answers with what the PROXY header said and with the number of its
/// connection, so that sharing one would be seen.
/// </summary>
public sealed class ClientConnectionsTests
{
    private const string Tell = "location / { return 200 '$proxy_protocol_addr:$proxy_protocol_port $connection $server_protocol'; }";

    [Theory]
    [InlineData("V1", "127.0.0.1")]
    [InlineData("V2", "127.0.0.1")]
    [InlineData("V1", "::1")]
    [InlineData("V2", "::1")]
    public async Task ProxyProtocol_TwoClients_EachHasAConnectionOfItsOwnAndKeepsIt(string version, string address)
    {
        var behind = FreePorts.Next();
        await using var nginx = await NginxPeer.StartAsync(behind, http: $"server {{ listen 127.0.0.1:{behind} proxy_protocol; {Tell} }}");
        var isV6 = address == "::1";
        var gatewayAddress = new IPEndPoint(IPAddress.Parse(address), FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(Config(gatewayAddress, $"http://127.0.0.1:{behind}/", ("Mode", "ProxyProtocol"), ("Version", version)));
        using var one = await Visitor.ConnectAsync(gatewayAddress, isV6 ? "::1" : "127.0.0.9");
        using var two = await Visitor.ConnectAsync(gatewayAddress, isV6 ? "::1" : "127.0.0.9");

        var first = Answer.Parse(await one.GetAsync());
        var second = Answer.Parse(await two.GetAsync());
        var firstAgain = Answer.Parse(await one.GetAsync());
        var secondAgain = Answer.Parse(await two.GetAsync());

        Assert.Equal(Text(one.Local), first.Client);
        Assert.Equal(Text(two.Local), second.Client);
        Assert.Equal(first, firstAgain);
        Assert.Equal(second, secondAgain);
        Assert.NotEqual(first.Connection, second.Connection);
        await gateway.WaitForMetricAsync("gateway_destination_client_active", value => value == 2, ("cluster", "web"));
        await gateway.WaitForMetricAsync("gateway_proxy_protocol_sent_total", value => value == 2, ("cluster", "web"), ("version", version.ToLowerInvariant()));
        one.Dispose();
        await gateway.WaitForMetricAsync("gateway_destination_client_active", value => value == 1, ("cluster", "web"));
        await gateway.WaitForMetricAsync("gateway_destination_client_ended_total", value => value == 1, ("cluster", "web"), ("reason", "closed"));
        Assert.Equal(second, Answer.Parse(await two.GetAsync()));
        Assert.Empty(gateway.Complaints());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ProxyProtocol_Http2_BeforeTlsAndInCleartext_SaysTheClient(bool tls)
    {
        var behind = FreePorts.Next();
        using var certificate = new TemporaryFolder();
        var ssl = tls ? WriteCertificate(certificate) : "";
        await using var nginx = await NginxPeer.StartAsync(behind, http: $"server {{ listen 127.0.0.1:{behind} {(tls ? "ssl" : "")} http2 proxy_protocol; {ssl} {Tell} }}");
        var address = new IPEndPoint(IPAddress.Loopback, FreePorts.Next());
        var config = Config(address, $"{(tls ? "https" : "http")}://127.0.0.1:{behind}/", ("Mode", "ProxyProtocol"));
        config = tls
            ? config.Set("ReverseProxy:Clusters:web:HttpClient", new { DangerousAcceptAnyServerCertificate = true })
            : config.Set("ReverseProxy:Clusters:web:HttpRequest", new { Version = "2", VersionPolicy = "RequestVersionExact" });
        await using var gateway = await GatewayProcess.StartAsync(config);
        using var one = await Visitor.ConnectAsync(address, "127.0.0.9");
        using var two = await Visitor.ConnectAsync(address, "127.0.0.10");

        var answers = new[] { Answer.Parse(await one.GetAsync()), Answer.Parse(await two.GetAsync()), Answer.Parse(await one.GetAsync()), Answer.Parse(await two.GetAsync()) };

        Assert.Equal([Text(one.Local), Text(two.Local), Text(one.Local), Text(two.Local)], answers.Select(answer => answer.Client));
        Assert.All(answers, answer => Assert.Equal("HTTP/2.0", answer.Protocol));
        Assert.Equal(answers[0], answers[2]);
        Assert.NotEqual(answers[0].Connection, answers[1].Connection);
    }

    [Fact]
    public async Task ProxyProtocol_ClientsBehindATrustedProxy_AreToldApartByAddressAcrossItsConnections()
    {
        var behind = FreePorts.Next();
        await using var nginx = await NginxPeer.StartAsync(behind, http: $"server {{ listen 127.0.0.1:{behind} proxy_protocol; {Tell} }}");
        var address = new IPEndPoint(IPAddress.Loopback, FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(Config(address, $"http://127.0.0.1:{behind}/", ("Mode", "ProxyProtocol"))
            .Set("Listeners:web:ForwardedHeaders", new { TrustedProxies = new[] { "127.0.0.0/8" } }));
        using var proxy = await Visitor.ConnectAsync(address, "127.0.0.9");
        using var anotherProxy = await Visitor.ConnectAsync(address, "127.0.0.10");

        var one = Answer.Parse(await proxy.GetAsync(forwardedFor: "203.0.113.1"));
        var two = Answer.Parse(await proxy.GetAsync(forwardedFor: "203.0.113.2"));
        var oneAgain = Answer.Parse(await proxy.GetAsync(forwardedFor: "203.0.113.1"));
        var oneElsewhere = Answer.Parse(await anotherProxy.GetAsync(forwardedFor: "203.0.113.1"));
        // The connection of the other proxy may be on another loop, which has connections of its own; the client is the same.
        await gateway.WaitForMetricAsync("gateway_destination_client_active", value => value == 2, ("cluster", "web"));
        var nobody = Answer.Parse(await proxy.GetAsync(forwardedFor: "0.0.0.0"));

        // nginx shows port 0 as nothing.
        Assert.Equal(("203.0.113.1:", "203.0.113.2:", "203.0.113.1:"), (one.Client, two.Client, oneElsewhere.Client));
        Assert.Equal(one, oneAgain);
        Assert.DoesNotContain(two.Connection, new[] { one.Connection, oneElsewhere.Connection });
        // Nobody's address: the proxy itself is the client.
        Assert.StartsWith("127.0.0.9:", nobody.Client, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProxyProtocol_ClientWithoutAPort_HasOneInVersion1()
    {
        await using var backend = RecordingTcpServer.Start();
        var address = new IPEndPoint(IPAddress.Loopback, FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(Config(address, $"http://{backend.Address}/", ("Mode", "ProxyProtocol"), ("Version", "V1"))
            .Set("Listeners:web:ForwardedHeaders", new { TrustedProxies = new[] { "127.0.0.0/8" } }));
        using var client = await TcpPeer.ConnectAsync(address.Port);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: example.org\r\nX-Forwarded-For: 203.0.113.1\r\n\r\n");

        using var accepted = await backend.NextAsync();

        // lighttpd, Dovecot, Exim and Traffic Server close on port 0.
        Assert.Equal($"PROXY TCP4 203.0.113.1 127.0.0.1 1 {address.Port}", await accepted.ReadLineAsync());
    }

    [Fact]
    public async Task ProxyProtocol_TlvsOfTheTrustedHeader_ArePassedOnAsAsked()
    {
        await using var backend = RecordingTcpServer.Start();
        var address = new IPEndPoint(IPAddress.Loopback, FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(
            Config(address, $"http://{backend.Address}/", ("Mode", "ProxyProtocol"), ("PassThroughTlvs", "AwsVpcEndpointId, 0xE9"))
                .Set("Listeners:web:ProxyProtocol", new { TrustedProxies = new[] { "127.0.0.1/32" } }));
        using var client = await TcpPeer.ConnectAsync(address.Port);
        await client.SendAsync(WireHeader.V2("203.0.113.7:4711", "192.0.2.1:443", (0xEA, [1, .. "vpce-1"u8]), (0x02, [.. "example.org"u8]), (0xE9, [7])));
        await client.SendAsync("GET / HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n");

        using var accepted = await backend.NextAsync();
        var header = await WireHeader.ReadAsync(accepted);
        await accepted.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

        Assert.Equal(("203.0.113.7:4711", "192.0.2.1:443"), (header.Source!.ToString(), header.Destination!.ToString()));
        Assert.Equal([0xEA, 0xE9], header.Tlvs.Select(tlv => tlv.Type));
        Assert.EndsWith("\r\n\r\nok", Encoding.ASCII.GetString(await client.ReadToEndAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProxyProtocol_TlvsThatAreAdded_SayTheRoutesOfTheRequestsAndEachHasItsConnection()
    {
        await using var backend = RecordingTcpServer.Start();
        var address = new IPEndPoint(IPAddress.Loopback, FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(
            Config(address, $"http://{backend.Address}/", ("Mode", "ProxyProtocol"), ("PassThroughTlvs", "All"), ("AddTlvs.0xE5", "{listener}/{route} {client}"), ("AddTlvs.Authority", "new"))
                .Set("ReverseProxy:Routes:other", new { ClusterId = "web", Order = -1, Match = new { Path = "/other" } })
                .Set("Listeners:web:ProxyProtocol", new { TrustedProxies = new[] { "127.0.0.1/32" } }));
        using var client = await TcpPeer.ConnectAsync(address.Port);
        await client.SendAsync(WireHeader.V2("203.0.113.7:4711", "192.0.2.1:443", (0x02, [.. "old"u8]), (0xE9, [7])));

        foreach (var route in new[] { "web", "other" })
        {
            await client.SendAsync($"GET /{route} HTTP/1.1\r\nHost: example.org\r\n\r\n");
            var accepted = await backend.NextAsync();
            var header = await WireHeader.ReadAsync(accepted);
            await accepted.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            while (await client.ReadLineAsync() is { Length: > 0 })
            {
            }

            Assert.Equal("ok", await client.ReadTextAsync(2));
            Assert.Equal($"web/{route} 203.0.113.7", Encoding.ASCII.GetString(header.Tlv(0xE5)!));
            Assert.Equal("new", Encoding.ASCII.GetString(header.Tlv(0x02)!));
            Assert.Equal("2 229 233", string.Join(' ', header.Tlvs.Select(tlv => tlv.Type).Order()));
        }
    }

    [Theory]
    [InlineData("V1")]
    [InlineData("V2")]
    public async Task ProxyProtocol_HealthChecks_SpeakForThemselves(string version)
    {
        await using var backend = RecordingTcpServer.Start();
        var address = new IPEndPoint(IPAddress.Loopback, FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(
            Config(address, $"http://{backend.Address}/", ("Mode", "ProxyProtocol"), ("Version", version))
                .Set("ReverseProxy:Clusters:web:HealthCheck", new { Active = new { Enabled = true, Interval = "1s", Path = "/check" } }));

        using var accepted = await backend.NextAsync();
        var header = await WireHeader.ReadAsync(accepted);

        Assert.Equal("GET /check HTTP/1.1", await accepted.ReadLineAsync());
        // Not LOCAL: RabbitMQ and Traffic Server refuse it.
        Assert.False(header.Local);
        Assert.Equal((accepted.Remote, backend.EndPoint), (header.Source, header.Destination));
    }

    [Fact]
    public async Task Rights_Missing_StartFailsAndNamesTheKeyAndTheCure()
    {
        Rights.RequireTransparent();
        var setpriv = DebianPeer.Require("setpriv");

        var result = await GatewayProcess.RunToEndAsync(
            Config(new IPEndPoint(IPAddress.Loopback, FreePorts.Next()), "http://127.0.0.1:9/", ("Mode", "Transparent"), ("Mark", "7")),
            new GatewayStart { Prefix = [setpriv, "--bounding-set=-net_raw,-net_admin", "--inh-caps=-net_raw,-net_admin"] });

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("ReverseProxy:Clusters:web:Metadata:SourceIp.Mode: Transparent needs the capability NET_RAW", result.Output, StringComparison.Ordinal);
        Assert.Contains("ReverseProxy:Clusters:web:Metadata:SourceIp.Mark: marking connections needs", result.Output, StringComparison.Ordinal);
    }

    private static ConfigFile Config(IPEndPoint address, string backend, params (string Key, string Value)[] sourceIp) =>
        new ConfigFile().Listener("web", address.ToString(), "Http")
            .Set("ReverseProxy:Routes:web", new { ClusterId = "web", Match = new { Path = "{**any}" } })
            .Set("ReverseProxy:Clusters:web", new
            {
                Destinations = new { one = new { Address = backend } },
                Metadata = sourceIp.ToDictionary(pair => $"SourceIp.{pair.Key}", pair => pair.Value),
            });

    // nginx writes IPv6 addresses without brackets.
    private static string Text(IPEndPoint endPoint) => $"{endPoint.Address}:{endPoint.Port}";

    private static string WriteCertificate(TemporaryFolder folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=backend.example", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return $"ssl_certificate {folder.Write("backend.pem", certificate.ExportCertificatePem())}; ssl_certificate_key {folder.Write("backend.key", key.ExportPkcs8PrivateKeyPem())};";
    }

    private sealed record Answer(string Client, string Connection, string Protocol)
    {
        public static Answer Parse(string text) => text.Split(' ') is [var client, var connection, var protocol]
            ? new Answer(client, connection, protocol)
            : throw new FormatException($"Not an answer of this test's nginx: {text}");
    }
}
