using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tls;

/// <summary>A client in clear, and a real Redis behind that speaks TLS alone.</summary>
public sealed class BackendTlsTests
{
    [Theory]
    [InlineData("redis.example", "own", null)]
    [InlineData("other.example", "own", "tls:name")]
    [InlineData("redis.example", "stranger", "tls:untrusted")]
    public async Task Redis_ByTls_AnswersOrItsCertificateIsNamedAsTheReason(string serverName, string trusted, string? problem)
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority("own");
        using var stranger = new TestAuthority("stranger");
        await using var redis = await RedisPeer.StartTlsAsync(PemPair.Write(folder, "redis", authority.Issue("redis", "redis.example")));
        var port = FreePorts.Next();
        var authorities = folder.Write("ca.crt", trusted == "own" ? authority.Pem : stranger.Pem);
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(port, $"127.0.0.1:{redis.Port}", TlsConfigs.Silent)
                .Set("TcpProxy:Clusters:in:Tls", new { ServerName = serverName, CaPath = authorities }));

        var answer = await RedisPeer.CliAsync(port, "PING");

        if (problem is null)
        {
            Assert.Equal("PONG", answer.RequireSuccess().StandardOutput.Trim());
            Assert.Equal("OK", (await RedisPeer.CliAsync(port, "SET", "key", new string('v', 100_000))).StandardOutput.Trim());
            Assert.Equal(100_000, (await RedisPeer.CliAsync(port, "GET", "key")).StandardOutput.Trim().Length);
            return;
        }

        Assert.DoesNotContain("PONG", answer.StandardOutput, StringComparison.Ordinal);
        Assert.Contains(problem, (await gateway.WaitForAccessAsync("reason=backend_tls ")).Text, StringComparison.Ordinal);
    }
}
