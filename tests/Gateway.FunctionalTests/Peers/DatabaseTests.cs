using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Peers;

/// <summary>Redis and PostgreSQL through a TCP route, with their own clients.</summary>
public sealed class DatabaseTests
{
    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Redis_ThroughTheGateway_AnswersItsOwnClient(string engine)
    {
        await using var redis = await RedisPeer.StartAsync();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(port, $"127.0.0.1:{redis.Port}", new { Mode = "None" }).Set("TcpProxy:Engine", engine));
        var value = new string('v', 300_000);

        using var client = await TcpPeer.ConnectAsync(port);
        await client.SendAsync($"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n${value.Length}\r\n{value}\r\n");
        Assert.Equal("+OK", await client.ReadLineAsync());

        Assert.Equal(value, (await RedisPeer.CliAsync(port, "GET", "key")).StandardOutput.Trim());
        Assert.Equal("PONG", (await RedisPeer.CliAsync(port, "PING")).StandardOutput.Trim());
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Redis_Transparent_SeesTheClientThatTheHeaderNamed(string engine)
    {
        Rights.RequireTransparent();
        await using var redis = await RedisPeer.StartAsync();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(ConfigFile.Tcp(
            port, $"127.0.0.1:{redis.Port}", new { Mode = "Transparent" }, new { TrustedProxies = new[] { "127.0.0.1/32" } }).Set("TcpProxy:Engine", engine));

        using var client = await TcpPeer.ConnectAsync(port);
        await client.SendAsync((byte[])[.. WireHeader.V1("127.0.0.77:4711", "192.0.2.1:6379"), .. "CLIENT LIST\r\n"u8]);
        await client.ReadLineAsync();

        Assert.Contains(" addr=127.0.0.77:", await client.ReadLineAsync(), StringComparison.Ordinal);
    }

    /// <summary>The example as it is shipped, with the addresses of this host, in front of Redis as it comes, with the password that protected-mode asks for.</summary>
    [Fact]
    public async Task Redis_BehindTheShippedExample_SeesTheClientThatTheLoadBalancerNamed()
    {
        Rights.RequireTransparent();
        await using var redis = await RedisPeer.StartAsync("secret");
        var (port, admin) = (FreePorts.Next(), FreePorts.Next());
        var text = await File.ReadAllTextAsync(Path.Combine(RepositoryPaths.Root, "appsettings/examples/clb-proxy-v2-redis.json"));
        text = Regex.Replace(text, @"redis-\d\.redis:6379", $"127.0.0.1:{redis.Port}").Replace("*:6379", $"127.0.0.1:{port}", StringComparison.Ordinal)
            .Replace("10.0.0.0/16", "127.0.0.1/32", StringComparison.Ordinal)
            .Replace("\"Probes\": { \"Address\": \"*:9900\" }", $"\"Admin\": {{ \"Address\": \"127.0.0.1:{admin}\" }}", StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        await using var gateway = await GatewayProcess.StartAsync(new TemporaryFolder(), folder.Write("example.json", text), admin);

        using var client = await TcpPeer.ConnectAsync(port);
        await client.SendAsync((byte[])[.. WireHeader.V2("127.0.0.77:4711", "192.0.2.1:6379"), .. "AUTH secret\r\nCLIENT LIST\r\n"u8]);

        Assert.Equal("+OK", await client.ReadLineAsync());
        await client.ReadLineAsync();
        Assert.Contains(" addr=127.0.0.77:", await client.ReadLineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Postgres_ThroughTheGateway_AnswersPsqlAndSeesTheClient()
    {
        Rights.RequireTransparent();
        await using var postgres = await PostgresPeer.StartAsync();
        var (plain, transparent, front) = (FreePorts.Next(), FreePorts.Next(), FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile()
            .AddTcp("plain", plain, $"127.0.0.1:{postgres.Port}", new { Mode = "None" })
            .AddTcp("transparent", transparent, $"127.0.0.1:{postgres.Port}", new { Mode = "Transparent" }, new { TrustedProxies = new[] { "127.0.0.1/32" } }));
        await using var haproxy = await HaproxyPeer.StartAsync($"""
            listen front
                bind 127.0.0.1:{front}
                tcp-request connection set-src str(127.0.0.66)
                server gateway 127.0.0.1:{transparent} send-proxy-v2
            """);

        Assert.Equal("127.0.0.1", await PostgresPeer.QueryAsync(plain, "select host(inet_client_addr())"));
        Assert.Equal("127.0.0.66", await PostgresPeer.QueryAsync(front, "select host(inet_client_addr())"));
        Assert.Equal(5_000_000, int.Parse(await PostgresPeer.QueryAsync(plain, "select length(repeat('x', 5000000))"), CultureInfo.InvariantCulture));
        Assert.Equal(3_000_000, (await PostgresPeer.QueryAsync(front, "select repeat('x', 3000000)")).Length);
    }
}
