using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tls;

/// <summary>
/// A real PostgreSQL and psql, whose TLS begins in PostgreSQL's own protocol. pg_stat_ssl tells whether the server itself has ended TLS.
/// </summary>
public sealed class PostgresTlsTests
{
    private const string Name = "db.example.com";
    private const string Ask = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";

    [Fact]
    public async Task StartTls_PassedThrough_ServerEndsTls()
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority("own");
        await using var postgres = await PostgresPeer.StartAsync(authority.Issue("db", Name));
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            new ConfigFile()
                .Listener("db", $"127.0.0.1:{port}", "Tcp")
                .Set("Listeners:db:ClientHello", new { StartTls = "PostgreSql" })
                .Route(
                    "db",
                    new
                    {
                        Listener = "db",
                        ClusterId = "db",
                        SourceIp = TlsConfigs.Silent,
                        Match = new { ServerNames = new[] { Name } },
                    })
                .Cluster("db", $"127.0.0.1:{postgres.Port}"));
        string[] ways =
        [
            "sslmode=require gssencmode=disable",
            "sslmode=require gssencmode=prefer",
            $"sslmode=verify-full sslrootcert={Write(folder, authority)}",
        ];

        foreach (var way in ways)
        {
            Assert.Equal("t", (await AskAsync(port, way)).RequireSuccess().StandardOutput.Trim());
        }

        await gateway.WaitForAccessAsync("route=db ", $" sni={Name} ");
        var unknown = await PostgresPeer.AskAsync($"host=other.example hostaddr=127.0.0.1 port={port} sslmode=require", "select 1");
        Assert.NotEqual(0, unknown.ExitCode);
        await gateway.WaitForAccessAsync("reason=no_route", " sni=other.example ");
    }

    [Fact]
    public async Task StartTls_EndedHere_ServerIsReachedInClearOrByTlsOfOurs()
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority("own");
        using var inner = new TestAuthority("inner");
        await using var postgres = await PostgresPeer.StartAsync(inner.Issue("db", "inner.example"));
        var (clear, secured) = (FreePorts.Next(), FreePorts.Next());
        var pair = PemPair.Write(folder, "db", authority.Issue("db", Name));
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile()
            .AddTls("clear", $"127.0.0.1:{clear}", $"127.0.0.1:{postgres.Port}", TlsConfigs.Silent, pair)
            .Set("Listeners:clear:ClientHello", new { StartTls = "PostgreSql" })
            .AddTls("secured", $"127.0.0.1:{secured}", $"127.0.0.1:{postgres.Port}", TlsConfigs.Silent, pair)
            .Set("Listeners:secured:ClientHello", new { StartTls = "PostgreSql" })
            .Set("TcpProxy:Clusters:secured:Tls", new { CaPath = folder.Write("inner.crt", inner.Pem), ServerName = "inner.example" }));

        foreach (var (listener, port, isServersOwn) in new[] { ("clear", clear, "f"), ("secured", secured, "t") })
        {
            var answer = await AskAsync(port, $"sslmode=verify-full gssencmode=prefer sslrootcert={Write(folder, authority)}");

            Assert.Equal(isServersOwn, answer.RequireSuccess().StandardOutput.Trim());
            await gateway.WaitForAccessAsync($"route={listener} ", $" sni={Name} ", " tls=TLSv1.3 ");
        }
    }

    /// <summary>
    /// psql asks for the end of a statement on a connection of its own, in clear and without a name: the route without names takes it.
    /// </summary>
    [Fact]
    public async Task CancelRequest_OfPsql_ReachesTheServer()
    {
        using var authority = new TestAuthority("own");
        await using var postgres = await PostgresPeer.StartAsync(authority.Issue("db", Name));
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            new ConfigFile()
                .Listener("db", $"127.0.0.1:{port}", "Tcp")
                .Set("Listeners:db:ClientHello", new { StartTls = "PostgreSql" })
                .Route(
                    "db",
                    new
                    {
                        Listener = "db",
                        ClusterId = "db",
                        SourceIp = TlsConfigs.Silent,
                        Match = new { ServerNames = new[] { Name } },
                    })
                .Route(
                    "others",
                    new
                    {
                        Listener = "db",
                        ClusterId = "db",
                        SourceIp = TlsConfigs.Silent,
                    })
                .Cluster("db", $"127.0.0.1:{postgres.Port}"));

        await using var psql = ManagedProcess.Start([
            DebianPeer.Require("psql"),
            "-d",
            $"host={Name} hostaddr=127.0.0.1 port={port} sslmode=require user=postgres dbname=postgres",
            "-XAtc",
            "select pg_sleep(600)",
        ]);
        await Eventually.GetAsync(
            () => PostgresPeer.QueryAsync(postgres.Port, "select count(*) from pg_stat_activity where query = 'select pg_sleep(600)'"),
            static count => count == "1",
            "the statement runs");
        psql.Signal(ManagedProcess.SigInt);

        await psql.WaitForLineAsync(
            static line => line.Contains("canceling statement due to user request", StringComparison.Ordinal),
            "cancelled");
        await gateway.WaitForAccessAsync("route=others ");
    }

    private static string Write(TemporaryFolder folder, TestAuthority authority) => folder.Write("ca.crt", authority.Pem);

    // libpq says the host as the server's name, and only if it is no address.
    private static Task<ProcessResult> AskAsync(int port, string how) =>
        PostgresPeer.AskAsync($"host={Name} hostaddr=127.0.0.1 port={port} {how}", Ask);
}
