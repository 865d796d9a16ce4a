using System.Text;
using Gateway.FunctionalTests.Peers;
using Gateway.FunctionalTests.Tls;
using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Policy;

/// <summary>
/// <c>Enforcement: Observe</c> in a process, in front of it a real HAProxy that is missing in the trust list: nobody is cut, and everybody
/// who would be is counted and named.
/// </summary>
public sealed class ObserveTests
{
    // HAProxy connects from 127.0.0.8, and is not trusted.
    private static readonly object Observed = new { TrustedProxies = new[] { "127.0.0.200/32" }, Enforcement = "Observe" };

    [Theory]
    [InlineData(Engines.Linux, "send-proxy-v2")]
    [InlineData(Engines.Linux, "send-proxy")]
    [InlineData(Engines.Linux, "")]
    [InlineData(Engines.Portable, "send-proxy-v2")]
    public async Task Tcp_HaproxyThatIsNotTrusted_IsTheClient(string engine, string option)
    {
        await using var backend = RecordingTcpServer.Start();
        var (front, port) = (FreePorts.Next(), FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(port, backend.Address, new { Mode = "ProxyProtocol" }, Observed).Set("TcpProxy:Engine", engine));
        await using var haproxy = await HaproxyPeer.StartAsync(Listen(front, port, option));

        using var client = await TcpPeer.ConnectAsync(front, "127.0.0.9");
        await client.SendAsync("hello");
        using var accepted = await backend.NextAsync();

        Assert.Equal("127.0.0.8", (await WireHeader.ReadAsync(accepted)).Source!.Address.ToString());
        Assert.Equal("hello", await accepted.ReadTextAsync(5));
        await AssertObservedAsync(gateway, "in");
        client.Dispose();
        accepted.Dispose();
        var line = await gateway.WaitForAccessAsync("listener=in", "detail=Observed:UntrustedPeer");
        Assert.Contains("client=127.0.0.8:", line.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("send-proxy-v2")]
    [InlineData("")]
    public async Task Http_HaproxyThatIsNotTrusted_IsTheClient(string option)
    {
        await using var backend = HttpBackend.Start();
        var (front, port) = (FreePorts.Next(), FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile().AddHttp("web", port, backend.Address, Observed));
        await using var haproxy = await HaproxyPeer.StartAsync(Listen(front, port, option));

        using var client = await TcpPeer.ConnectAsync(front, "127.0.0.9");
        await client.SendAsync("GET / HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n");
        var answer = Encoding.Latin1.GetString(await client.ReadToEndAsync());

        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Contains("X-Forwarded-For: 127.0.0.8\r\n", answer, StringComparison.OrdinalIgnoreCase);
        await AssertObservedAsync(gateway, "web");
    }

    [Theory]
    [InlineData("Tls")]
    [InlineData("Https")]
    public async Task Tls_HeaderOfHaproxyThatIsNotTrusted_IsDroppedBeforeTheHandshake(string protocol)
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority("own");
        var pair = PemPair.Write(folder, "site", authority.Issue("site", "site.example"));
        var ca = folder.Write("ca.crt", authority.Pem);
        await using var backend = HttpBackend.Start();
        var (front, port) = (FreePorts.Next(), FreePorts.Next());
        var config = protocol == "Tls"
            ? new ConfigFile().AddTls("web", $"127.0.0.1:{port}", backend.Address, new { Mode = "None" }, pair)
            : new ConfigFile().AddHttp("web", port, backend.Address)
                .Set("Listeners:web:Protocol", protocol)
                .Set($"Listeners:web:Tls:Certificates:{TlsConfigs.Certificate}", new { pair.Path, pair.KeyPath })
                .Set("Listeners:web:Tls:DefaultCertificate", TlsConfigs.Certificate);
        await using var gateway = await GatewayProcess.StartAsync(config.Set("Listeners:web:ProxyProtocol", Observed));
        await using var haproxy = await HaproxyPeer.StartAsync(Listen(front, port, "send-proxy-v2"));

        var answer = (await TlsClient.CurlAsync("site.example", front, ca, "--http1.1")).RequireSuccess().StandardOutput;

        Assert.Contains(
            protocol == "Tls" ? "GET / HTTP/1.1" : "X-Forwarded-For: 127.0.0.8\r\n", answer, StringComparison.OrdinalIgnoreCase);
        await AssertObservedAsync(gateway, "web");
    }

    [Fact]
    public async Task Reload_ToEnforceWithTheBalancerInTheList_CutsNobody()
    {
        await using var backend = RecordingTcpServer.StartEcho();
        var (front, port) = (FreePorts.Next(), FreePorts.Next());
        var config = ConfigFile.Tcp(port, backend.Address, new { Mode = "None" }, Observed);
        await using var gateway = await GatewayProcess.StartAsync(config);
        await using var haproxy = await HaproxyPeer.StartAsync(Listen(front, port, "send-proxy-v2"));
        using var before = await TcpPeer.ConnectAsync(front, "127.0.0.9");
        await before.SendAsync("one");
        Assert.Equal("one", await before.ReadTextAsync(3));
        await AssertObservedAsync(gateway, "in");

        await gateway.ReloadAsync(config.Set("Listeners:in:ProxyProtocol", new { TrustedProxies = new[] { "127.0.0.8/32" } }));

        using var after = await TcpPeer.ConnectAsync(front, "127.0.0.9");
        await after.SendAsync("two");
        Assert.Equal("two", await after.ReadTextAsync(3));
        await before.SendAsync("three");
        Assert.Equal("three", await before.ReadTextAsync(5));
        Assert.Equal(1, (await gateway.MetricsAsync()).Sum("gateway_proxy_protocol_observed_total", ("listener", "in")));
    }

    private static string Listen(int front, int port, string option) => $"""
        listen front
            bind 127.0.0.1:{front}
            server gateway 127.0.0.1:{port} source 127.0.0.8 {option}
        """;

    private static async Task AssertObservedAsync(GatewayProcess gateway, string listener)
    {
        await gateway.WaitForMetricAsync(
            "gateway_proxy_protocol_observed_total", v => v == 1, ("listener", listener), ("rule", "UntrustedPeer"));
        await gateway.Process.WaitForLineAsync(
            line => line.Contains($"Listener {listener} would refuse", StringComparison.Ordinal)
                && line.Contains("detail=UntrustedPeer, last 127.0.0.8:", StringComparison.Ordinal),
            "the warning");
    }
}
