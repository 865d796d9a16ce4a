using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tls;

/// <summary>
/// One port, three backends that end TLS themselves, and the clients that people use: who reaches which is seen at the certificate.
/// </summary>
public sealed class PassthroughTests
{
    [Theory]
    [InlineData("shop.example.com", "CN = exact")]
    [InlineData("SHOP.example.com", "CN = exact")]
    [InlineData("other.example.com", "CN = wildcard")]
    [InlineData("a.other.example.com", "CN = nameless")]
    [InlineData("", "CN = nameless")]
    public async Task OpenSsl_ByServerName_ReachesItsBackend(string name, string subject)
    {
        await using var setting = await SettingAsync();

        var result = await OpensslPeer.ConnectAsync(
            setting.Port,
            "GET / HTTP/1.0\r\n\r\n",
            [.. name.Length > 0 ? new[] { "-servername", name } : ["-noservername"], "-alpn", "http/1.1"]);

        Assert.Contains($"subject={subject}\n", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.0 200 ok", result.StandardOutput, StringComparison.Ordinal);
        var seen = name.Length > 0 ? name.ToLowerInvariant() : "-";
        await setting.Gateway.WaitForAccessAsync($"route={subject[5..]} ", $" sni={seen} ", " alpn=http/1.1");
    }

    [Theory]
    [InlineData("shop.example.com", "exact")]
    [InlineData("other.example.com", "wildcard")]
    [InlineData("example.org", "nameless")]
    public async Task GnuTls_ByServerName_ReachesItsBackend(string name, string subject)
    {
        var program = DebianPeer.Require("gnutls-cli");
        await using var setting = await SettingAsync();

        var result = await ProcessRunner.RunAsync(
            [program, "--insecure", "--sni-hostname", name, "--port", $"{setting.Port}", "127.0.0.1"], "GET / HTTP/1.0\r\n\r\n");

        Assert.Contains($"subject `CN={subject}'", result.StandardOutput, StringComparison.Ordinal);
        await setting.Gateway.WaitForAccessAsync($"route={subject} ", $" sni={name} ");
    }

    [Theory]
    [InlineData("shop.example.com", "exact")]
    [InlineData("other.example.com", "wildcard")]
    public async Task Curl_ByServerName_VerifiesItsBackend(string name, string route)
    {
        var program = DebianPeer.Require("curl");
        await using var setting = await SettingAsync();

        var result = await ProcessRunner.RunAsync([
            program, "-sS", "--noproxy", "*", "--cacert", setting.CaPath, "--resolve", $"{name}:{setting.Port}:127.0.0.1",
            "-o", "/dev/null", "-w", "%{http_code} %{ssl_verify_result}", $"https://{name}:{setting.Port}/"]);

        Assert.Equal("200 0", result.RequireSuccess().StandardOutput);
        await setting.Gateway.WaitForAccessAsync($"route={route} ", $" sni={name} ", " alpn=h2,http/1.1");
    }

    [Fact]
    public async Task Redis_ByServerName_ReachesItsBackend()
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority("own");
        var pair = PemPair.Write(folder, "redis", authority.Issue("redis", "a.redis.example", "b.redis.example"));
        await using var one = await RedisPeer.StartTlsAsync(pair);
        await using var other = await RedisPeer.StartTlsAsync(pair);
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile().Listener("in", $"127.0.0.1:{port}", "Tcp")
            .Route("a", Route("one", "a.redis.example")).Cluster("one", $"127.0.0.1:{one.Port}")
            .Route("b", Route("other", "*.redis.example")).Cluster("other", $"127.0.0.1:{other.Port}"));
        string[] tls = ["--tls", "--cacert", folder.Write("ca.crt", authority.Pem), "--sni"];

        foreach (var (name, server) in new[] { ("a.redis.example", one), ("b.redis.example", other) })
        {
            var result = (await RedisPeer.CliAsync(port, [.. tls, name, "INFO", "server"])).RequireSuccess();

            Assert.Contains($"tcp_port:{server.Port}", result.StandardOutput, StringComparison.Ordinal);
            await gateway.WaitForAccessAsync($" sni={name} ", " alpn=-");
        }
    }

    private static object Route(string cluster, params string[] names) => names.Length == 0
        ? new { Listener = "in", ClusterId = cluster, SourceIp = TlsConfigs.Silent }
        : new { Listener = "in", ClusterId = cluster, SourceIp = TlsConfigs.Silent, Match = new { ServerNames = names } };

    private static async Task<Setting> SettingAsync()
    {
        var (folder, port) = (new TemporaryFolder(), FreePorts.Next());
        using var authority = new TestAuthority("own");
        var config = new ConfigFile().Listener("in", $"127.0.0.1:{port}", "Tcp");
        var backends = new List<OpensslPeer>();
        foreach (var (name, names) in new (string, string[])[]
        {
            ("exact", ["shop.example.com"]), ("wildcard", ["*.example.com"]), ("nameless", []),
        })
        {
            var backend = await OpensslPeer.StartAsync(PemPair.Write(folder, name, authority.Issue(name, names)));
            backends.Add(backend);
            config.Route(name, Route(name, names)).Cluster(name, $"127.0.0.1:{backend.Port}");
        }

        return new Setting(folder, backends, await GatewayProcess.StartAsync(config), port, folder.Write("ca.crt", authority.Pem));
    }

    private sealed record Setting(TemporaryFolder Folder, List<OpensslPeer> Backends, GatewayProcess Gateway, int Port, string CaPath)
        : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            foreach (var backend in Backends)
            {
                await backend.DisposeAsync();
            }

            Folder.Dispose();
        }
    }
}
