using System.Net;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Checks;

/// <summary><c>Gateway check</c> about ports, destinations, rights and the file; exit codes.</summary>
public sealed class CheckCommandTests
{
    [Fact]
    public async Task Ports_FreeHeldByAGatewayOrBySomebodyElse_AreToldApart()
    {
        await using var backend = RecordingTcpServer.Start();
        var config = ConfigFile.Tcp(FreePorts.Next(), backend.Address, new { Mode = "None" });

        var free = await CheckRun.StartAsync(config);
        Assert.Equal(("ok", 0), (free.The("listener", "Listeners:in:Address").Severity, free.ExitCode));
        Assert.Contains("free", free.The("listener", "Admin:Address").What, StringComparison.Ordinal);

        await using (var gateway = await GatewayProcess.StartAsync(config))
        {
            var held = await CheckRun.StartAsync(config);
            Assert.Equal(0, held.ExitCode);
            Assert.Contains($"(pid {gateway.Process.Id})", held.The("listener", "Listeners:in:Address").What, StringComparison.Ordinal);
            Assert.Contains("running gateway", held.The("listener", "Admin:Address").What, StringComparison.Ordinal);
        }

        var taken = await CheckRun.StartAsync(config.Copy().Set("Listeners:in:Address", backend.Address).Cluster("in", "127.0.0.1:1"));
        Assert.Equal(("fail", 1), (taken.The("listener", "Listeners:in:Address").Severity, taken.ExitCode));
        Assert.Contains($"(pid {Environment.ProcessId})", taken.The("listener", "Listeners:in:Address").What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Destinations_AcceptingRefusingUnknown_AreToldApart()
    {
        await using var backend = RecordingTcpServer.Start();
        await using var web = Peers.HttpBackend.Start();
        var refusing = $"127.0.0.1:{FreePorts.Next()}";
        var config = ConfigFile.Tcp(FreePorts.Next(), backend.Address, new { Mode = "None" }).Cluster("in", backend.Address, refusing, "nowhere.invalid:80")
            .AddHttp("web", FreePorts.Next(), web.Address).Set("ReverseProxy:Clusters:web:Destinations:gone", new { Address = $"http://{refusing}/" });

        var run = await CheckRun.StartAsync(config);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("ok", run.The("destination", "TcpProxy:Clusters:in:Destinations:in-0:Address").Severity);
        Assert.Contains("refuses", run.The("destination", "TcpProxy:Clusters:in:Destinations:in-1:Address").What, StringComparison.Ordinal);
        Assert.Contains("nowhere.invalid has no address", run.The("destination", "TcpProxy:Clusters:in:Destinations:in-2:Address").What, StringComparison.Ordinal);
        Assert.Equal("ok", run.The("destination", "ReverseProxy:Clusters:web:Destinations:web-0:Address").Severity);
        Assert.Equal("fail", run.The("destination", "ReverseProxy:Clusters:web:Destinations:gone:Address").Severity);
    }

    [Fact]
    public async Task Certificates_ThatRequestsWouldRefuse_AreFound()
    {
        using var folder = new TemporaryFolder();
        var (key, certificate, port, plain) = (Path.Combine(folder.Path, "key.pem"), Path.Combine(folder.Path, "cert.pem"), FreePorts.Next(), FreePorts.Next());
        (await ProcessRunner.RunAsync([
            DebianPeer.Require("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "90", "-subj", "/CN=other.example"])).RequireSuccess();
        await using var nginx = await NginxPeer.StartAsync(
            port, http: $"server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {certificate}; ssl_certificate_key {key}; return 200 x; }} server {{ listen 127.0.0.1:{plain}; return 200 x; }}");
        var config = new ConfigFile().AddHttp("web", FreePorts.Next(), $"127.0.0.1:{port}")
            .Set("ReverseProxy:Clusters:web:Destinations", new { tls = new { Address = $"https://127.0.0.1:{port}/" }, plain = new { Address = $"https://127.0.0.1:{plain}/" } });

        var run = await CheckRun.StartAsync(config);
        var lenient = await CheckRun.StartAsync(config.Copy().Set("ReverseProxy:Clusters:web:HttpClient", new { DangerousAcceptAnyServerCertificate = true }));

        var refused = run.Findings.Where(finding => finding.Check == "certificate" && finding.Where == "ReverseProxy:Clusters:web:Destinations:tls:Address").ToList();
        Assert.Equal(["fail", "fail"], refused.Select(finding => finding.Severity));
        Assert.Contains(refused, finding => finding.What.Contains("other.example's, not 127.0.0.1's", StringComparison.Ordinal));
        Assert.Contains("does not speak TLS", run.The("certificate", "ReverseProxy:Clusters:web:Destinations:plain:Address").What, StringComparison.Ordinal);
        Assert.DoesNotContain(lenient.Findings, finding => finding.Check == "certificate");
    }

    [Fact]
    public async Task Forwarding_SwitchedOff_IsAFailureWithTheCure()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        await using var backend = RecordingTcpServer.Start(endPoint: new IPEndPoint(GatewayNetwork.BackendV4, 8080), inside: network.Backend);
        var config = ConfigFile.Tcp(8080, backend.Address, new { Mode = "Dnat" }).Set("Listeners:in:Address", "*:8080");
        (await ProcessRunner.RunAsync([.. network.Gateway.CommandPrefix, "sysctl", "-qw", "net.ipv4.ip_forward=0"])).RequireSuccess();

        var off = await CheckRun.StartAsync(config, network.Gateway);
        (await ProcessRunner.RunAsync([.. network.Gateway.CommandPrefix, "sysctl", "-qw", "net.ipv4.ip_forward=1"])).RequireSuccess();
        var on = await CheckRun.StartAsync(config, network.Gateway);

        Assert.Contains("sysctl -w net.ipv4.ip_forward=1", off.The("rights", "TcpProxy:Routes:in:SourceIp:Mode").What, StringComparison.Ordinal);
        Assert.Equal(("fail", "ok"), (off.The("rights", "TcpProxy:Routes:in:SourceIp:Mode").Severity, on.The("rights", "TcpProxy:Routes:in:SourceIp:Mode").Severity));
    }

    [Fact]
    public async Task Warnings_CountOnlyWhenStrict()
    {
        await using var backend = RecordingTcpServer.Start();
        var config = ConfigFile.Tcp(FreePorts.Next(), backend.Address, new { Mode = "None" }).Set("Limits:MaxConnections", 500_000_000);

        var lenient = await CheckRun.StartAsync(config);
        var strict = await CheckRun.StartAsync(config, options: "--strict");

        Assert.Equal("warn", lenient.The("descriptors", "Limits:MaxConnections").Severity);
        Assert.Equal((0, 2), (lenient.ExitCode, strict.ExitCode));
    }

    [Fact]
    public async Task File_WithErrors_IsAReportToo()
    {
        var run = await CheckRun.StartAsync(ConfigFile.Tcp(FreePorts.Next(), "127.0.0.1:1", new { Mode = "Sometimes" }));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("Sometimes", run.The("config", "TcpProxy:Routes:in:SourceIp:Mode").What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rights_Missing_AreAFailureWithTheCure()
    {
        Rights.RequireTransparent();
        await using var backend = RecordingTcpServer.Start();
        var config = ConfigFile.Tcp(FreePorts.Next(), backend.Address, new { Mode = "Transparent" })
            .AddHttp("web", FreePorts.Next(), backend.Address).Set("ReverseProxy:Clusters:web:Metadata", new Dictionary<string, string> { ["SourceIp.Mode"] = "Transparent" });
        var without = new[] { DebianPeer.Require("setpriv"), "--bounding-set=-net_raw,-net_admin", "--inh-caps=-net_raw,-net_admin" };

        var missing = await CheckRun.StartAsync(config, prefix: without);
        var granted = await CheckRun.StartAsync(config);

        Assert.Equal(1, missing.ExitCode);
        Assert.Contains("NET_RAW", missing.The("rights", "TcpProxy:Routes:in:SourceIp:Mode").What, StringComparison.Ordinal);
        Assert.Equal("skip", missing.The("return-path", "TcpProxy:Routes:in:SourceIp:Mode").Severity);
        Assert.Contains("NET_RAW", missing.The("rights", "ReverseProxy:Clusters:web:Metadata:SourceIp.Mode").What, StringComparison.Ordinal);
        foreach (var path in new[] { "TcpProxy:Routes:in:SourceIp:Mode", "ReverseProxy:Clusters:web:Metadata:SourceIp.Mode" })
        {
            Assert.Equal("ok", granted.The("rights", path).Severity);
        }
    }

    [Fact]
    public async Task Text_IsOneLinePerFinding()
    {
        using var folder = new TemporaryFolder();
        var result = await ProcessRunner.RunAsync([RepositoryPaths.GatewayExecutable, "check", "--config", folder.Write("a.json", new ConfigFile().ToJson())]);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("ok   listener: Admin:Address: 127.0.0.1:", result.StandardOutput, StringComparison.Ordinal);
        Assert.EndsWith(" failures\n", result.StandardOutput, StringComparison.Ordinal);
    }
}
