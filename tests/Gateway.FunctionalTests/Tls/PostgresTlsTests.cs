using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tls;

/// <summary>A real PostgreSQL and psql, whose TLS begins in PostgreSQL's own protocol. pg_stat_ssl tells whether the server itself has ended TLS.</summary>
public sealed class PostgresTlsTests
{
    private const string Name = "db.example.com";
    private const string Ask = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";

    [Theory]
    [InlineData("sslmode=require gssencmode=disable")]
    [InlineData("sslmode=require gssencmode=prefer")]
    [InlineData("sslmode=verify-full gssencmode=prefer")]
    public async Task StartTls_PassedThrough_ServerEndsTls(string how)
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority("own");
        await using var postgres = await PostgresPeer.StartAsync(authority.Issue("db", Name));
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile().Listener("db", $"127.0.0.1:{port}", "Tcp")
            .Set("Listeners:db:ClientHello", new { StartTls = "PostgreSql" })
            .Route("db", new { Listener = "db", ClusterId = "db", SourceIp = TlsConfigs.Silent, Match = new { ServerNames = new[] { Name } } })
            .Cluster("db", $"127.0.0.1:{postgres.Port}"));

        var answer = await AskAsync(port, $"{how} sslrootcert={Authorities(folder, authority, how)}");

        Assert.Equal("t", answer.RequireSuccess().StandardOutput.Trim());
        await gateway.WaitForAccessAsync("route=db ", $" sni={Name} ");

        var unknown = await PostgresPeer.AskAsync($"host=other.example hostaddr=127.0.0.1 port={port} sslmode=require", "select 1");
        Assert.NotEqual(0, unknown.ExitCode);
        await gateway.WaitForAccessAsync("reason=no_route", " sni=other.example ");
    }

    [Theory]
    [InlineData(false, "f")]
    [InlineData(true, "t")]
    public async Task StartTls_EndedHere_ServerIsReachedInClearOrByTlsOfOurs(bool backendTls, string isServersOwn)
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority("own");
        using var inner = new TestAuthority("inner");
        await using var postgres = await PostgresPeer.StartAsync(inner.Issue("db", "inner.example"));
        var port = FreePorts.Next();
        var config = new ConfigFile()
            .AddTls("db", $"127.0.0.1:{port}", $"127.0.0.1:{postgres.Port}", TlsConfigs.Silent, PemPair.Write(folder, "db", authority.Issue("db", Name)))
            .Set("Listeners:db:ClientHello", new { StartTls = "PostgreSql" });
        if (backendTls)
        {
            config.Set("TcpProxy:Clusters:db:Tls", new { CaPath = folder.Write("inner.crt", inner.Pem), ServerName = "inner.example" });
        }

        await using var gateway = await GatewayProcess.StartAsync(config);

        const string how = "sslmode=verify-full gssencmode=prefer";
        var answer = await AskAsync(port, $"{how} sslrootcert={Authorities(folder, authority, how)}");

        Assert.Equal(isServersOwn, answer.RequireSuccess().StandardOutput.Trim());
        await gateway.WaitForAccessAsync("route=db ", $" sni={Name} ", " tls=TLSv1.3 ");
    }

    private static string Authorities(TemporaryFolder folder, TestAuthority authority, string how) =>
        how.Contains("verify", StringComparison.Ordinal) ? folder.Write("ca.crt", authority.Pem) : folder.Combine("none");

    // libpq says the host as the server's name, and only if it is no address.
    private static Task<ProcessResult> AskAsync(int port, string how) =>
        PostgresPeer.AskAsync($"host={Name} hostaddr=127.0.0.1 port={port} {how}", Ask);
}
