using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Checks;

/// <summary>Whether real backends understand the PROXY header, and whether they want one.</summary>
public sealed class ProxyHeaderCheckTests
{
    [Fact]
    public async Task Backends_WithAndWithoutTheProtocol_AreToldApart()
    {
        var (aware, plain) = (FreePorts.Next(), FreePorts.Next());
        await using var nginx = await NginxPeer.StartAsync(
            aware, http: $"server {{ listen 127.0.0.1:{aware} proxy_protocol; return 200 x; }} server {{ listen 127.0.0.1:{plain}; return 200 x; }}");
        await using var redis = await RedisPeer.StartAsync();
        await using var greeting = RecordingTcpServer.Start(async peer =>
        {
            await peer.SendAsync("220 hello\r\n");
            await peer.WaitForEndAsync();
        });
        var (awareAddress, plainAddress, redisAddress) = ($"127.0.0.1:{aware}", $"127.0.0.1:{plain}", $"127.0.0.1:{redis.Port}");
        var (v1, v2, none) = (new { Mode = "ProxyProtocol", Version = "V1" }, new { Mode = "ProxyProtocol", Version = "V2" }, new { Mode = "None" });
        var expected = new (string Name, string Backend, object SourceIp, string Severity, string What)[]
        {
            ("nginx-v1", awareAddress, v1, "ok", "takes a PROXY v1 header"),
            ("nginx-v2", awareAddress, v2, "ok", "takes a PROXY v2 header"),
            ("nginx-none", awareAddress, none, "fail", "expects a PROXY header"),
            ("plain-v1", plainAddress, v1, "fail", "does not understand"),
            ("plain-v2", plainAddress, v2, "fail", "does not understand"),
            ("plain-none", plainAddress, none, "ok", "does not ask"),
            ("redis-v1", redisAddress, v1, "fail", "does not understand"),
            ("redis-v2", redisAddress, v2, "fail", "-ERR unknown command"),
            ("redis-none", redisAddress, none, "ok", "does not ask"),
            ("greeting-v2", greeting.Address, v2, "warn", "speaks before"),
            ("greeting-none", greeting.Address, none, "ok", "does not ask"),
        };
        var config = new ConfigFile().AddHttp("web", FreePorts.Next(), awareAddress).AddHttp("web2", FreePorts.Next(), plainAddress)
            .AddHttp("web3", FreePorts.Next(), awareAddress).Set("ReverseProxy:Clusters:web3:Metadata", new Dictionary<string, string> { ["SourceIp.Mode"] = "ProxyProtocol" });
        foreach (var (name, backend, sourceIp, _, _) in expected)
        {
            config.AddTcp(name, FreePorts.Next(), backend, sourceIp);
        }

        config.AddTcp("fallback", FreePorts.Next(), plainAddress, new { Mode = "Transparent", Fallback = "ProxyProtocol" });

        var run = await CheckRun.StartAsync(config);

        foreach (var (name, _, _, severity, what) in expected)
        {
            var finding = run.The("proxy-header", $"TcpProxy:Clusters:{name}:Destinations:{name}-0:Address");
            Assert.True(finding.Severity == severity && finding.What.Contains(what, StringComparison.Ordinal), $"{name}: {finding}");
            Assert.Equal(severity == "ok", finding.Cure.Length == 0);
        }

        Assert.Contains("\"Version\": \"V2\"", run.The("proxy-header", "TcpProxy:Clusters:nginx-none:Destinations:nginx-none-0:Address").Cure, StringComparison.Ordinal);
        // What is right for an HTTP cluster is an error in a TCP route, and the other way round.
        var web = run.The("proxy-header", "ReverseProxy:Clusters:web:Destinations:web-0:Address");
        Assert.Equal("fail", web.Severity);
        Assert.Contains("Metadata: { \"SourceIp.Mode\": \"ProxyProtocol\", \"SourceIp.Version\": \"V2\" }", web.Cure, StringComparison.Ordinal);
        Assert.Equal("ok", run.The("proxy-header", "ReverseProxy:Clusters:web2:Destinations:web2-0:Address").Severity);
        Assert.Contains("takes a PROXY v2 header", run.The("proxy-header", "ReverseProxy:Clusters:web3:Destinations:web3-0:Address").What, StringComparison.Ordinal);
        var fallback = run.Findings.Where(finding => finding.Check == "proxy-header" && finding.Where == "TcpProxy:Clusters:fallback:Destinations:fallback-0:Address").ToList();
        Assert.Equal(["fail", "ok"], fallback.Select(finding => finding.Severity).Order());
        Assert.Contains(fallback, finding => finding.What.Contains("header (Fallback)", StringComparison.Ordinal) && finding.Cure.EndsWith("SourceIp:Fallback Reject", StringComparison.Ordinal));
        Assert.Equal(1, run.ExitCode);
    }
}
