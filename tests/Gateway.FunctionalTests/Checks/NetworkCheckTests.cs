using System.Net;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Checks;

/// <summary>Return routes and redirection, in namespaces where they are there and where they are not.</summary>
public sealed class NetworkCheckTests
{
    private const int Port = 8080;

    [Fact]
    public async Task ReturnRoute_MissingAndThere_IsToldByConnecting()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        await using var backend4 = RecordingTcpServer.Start(endPoint: new IPEndPoint(GatewayNetwork.BackendV4, Port), inside: network.Backend);
        await using var backend6 = RecordingTcpServer.Start(endPoint: new IPEndPoint(GatewayNetwork.BackendV6, Port), inside: network.Backend);
        var config = new ConfigFile();
        foreach (var (name, backend) in new[] { ("four", backend4), ("six", backend6) })
        {
            config.AddTcp(name, FreePorts.Next(), backend.Address, new { Mode = "Transparent" }).Set($"TcpProxy:Clusters:{name}:ConnectTimeout", "1s");
        }

        var missing = await CheckRun.StartAsync(config, network.Gateway);
        await network.ReturnByRuleAsync(Port);
        backend4.DropPending();
        var there = await CheckRun.StartAsync(config, network.Gateway);

        Assert.Equal((1, 0), (missing.ExitCode, there.ExitCode));
        foreach (var (name, ip) in new[] { ("four", "ip"), ("six", "ip -6") })
        {
            var where = $"TcpProxy:Routes:{name}:SourceIp:Mode";
            Assert.Equal("ok", missing.The("rights", where).Severity);
            var failure = missing.The("return-path", where);
            Assert.Equal("fail", failure.Severity);
            Assert.Contains($"{ip} rule add iif gb ipproto tcp sport {Port} lookup 100; {ip} route add local", failure.Cure, StringComparison.Ordinal);
            Assert.Contains("has no rules of its own", failure.Cure, StringComparison.Ordinal);
            Assert.Equal("ok", there.The("return-path", where).Severity);
        }

        Assert.Contains(backend4.Remotes, remote => remote.Address.ToString() == "203.0.113.1");
    }

    [Fact]
    public async Task ReturnRoute_OfABackendOnLoopback_HasItsOwnCure()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        await using var backend = RecordingTcpServer.Start(endPoint: new IPEndPoint(IPAddress.Loopback, Port), inside: network.Gateway);
        var config = ConfigFile.Tcp(FreePorts.Next(), backend.Address, new { Mode = "Transparent" }).Set("TcpProxy:Clusters:in:ConnectTimeout", "1s");

        var missing = await CheckRun.StartAsync(config, network.Gateway);
        var cure = missing.The("return-path", "TcpProxy:Routes:in:SourceIp:Mode").Cure;
        // What it says is what helps.
        foreach (var command in cure[..cure.IndexOf(" (", StringComparison.Ordinal)].Split("; "))
        {
            (await ProcessRunner.RunAsync([.. network.Gateway.CommandPrefix, .. command.Split(' ')])).RequireSuccess();
        }

        var there = await CheckRun.StartAsync(config, network.Gateway);
        Assert.Equal("ok", there.The("return-path", "TcpProxy:Routes:in:SourceIp:Mode").Severity);
    }

    [Fact]
    public async Task Sidecar_WithAndWithoutRulesRightsAndApplication_IsLookedAtAsAWhole()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        await using var app4 = RecordingTcpServer.Start(endPoint: new IPEndPoint(IPAddress.Loopback, Port), inside: network.Gateway);
        var app6 = RecordingTcpServer.Start(endPoint: new IPEndPoint(IPAddress.IPv6Loopback, Port), inside: network.Gateway);
        var config = new ConfigFile().Listener("in", $"*:{FreePorts.Captured}", "Tcp").Set("Listeners:in:Intercept", "TProxy")
            .Route("in", new { Listener = "in", ClusterId = "app", SourceIp = new { Mode = "Transparent", Port = "Client" }, Match = new { DestinationPorts = new[] { Port } } })
            .Set("TcpProxy:Clusters:app", new { Type = "OriginalPort", ConnectTimeout = "1s" });
        const string App = "TcpProxy:Routes:in:Match:DestinationPorts:0";
        const string Mode = "TcpProxy:Routes:in:SourceIp:Mode";
        using var folder = new TemporaryFolder();

        var missing = await CheckRun.StartAsync(config, network.Gateway);
        (await ProcessRunner.RunAsync(
            [.. network.Gateway.CommandPrefix, RepositoryPaths.GatewayExecutable, "redirect", "apply", "--config", folder.Write("a.json", config.ToJson())])).RequireSuccess();
        var there = await CheckRun.StartAsync(config, network.Gateway);
        // As a gateway's container is: it may bind foreign addresses, and see no rules.
        var strict = await CheckRun.StartAsync(
            config, network.Gateway, [DebianPeer.Require("setpriv"), "--bounding-set=-net_admin", "--inh-caps=-net_admin"], "--strict");
        await app6.DisposeAsync();
        var half = await CheckRun.StartAsync(config, network.Gateway);
        await app4.DisposeAsync();
        var dead = await CheckRun.StartAsync(config, network.Gateway);

        // One for each family.
        var paths = missing.Findings.Where(finding => finding.Check == "return-path").ToList();
        Assert.Equal([("fail", Mode), ("fail", Mode)], paths.Select(finding => (finding.Severity, finding.Where)));
        Assert.All(paths, finding => Assert.Contains("Gateway redirect apply", finding.Cure, StringComparison.Ordinal));
        Assert.Equal((1, 0, 2), (missing.ExitCode, there.ExitCode, strict.ExitCode));
        Assert.Equal(["ok", "ok"], there.Findings.Where(finding => finding.Check == "return-path").Select(finding => finding.Severity));
        Assert.Equal(["ok", "ok", "ok"], new[] { "destination", "proxy-header" }.Select(check => there.The(check, App).Severity).Append(there.The("redirect", "Listeners:in:Intercept").Severity));
        Assert.Equal(["redirect"], strict.Findings.Where(finding => finding.Severity == "skip").Select(finding => finding.Check));
        Assert.Equal("warn", half.The("destination", App).Severity);
        Assert.Contains("[::1]:8080 refuses", half.The("destination", App).What, StringComparison.Ordinal);
        Assert.Equal(("fail", 1), (dead.The("destination", App).Severity, dead.ExitCode));
    }

    [Fact]
    public async Task Redirection_MissingAndThere_IsSeen()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        var config = new ConfigFile().Listener("in", $"*:{FreePorts.Captured}", "Tcp").Set("Listeners:in:Intercept", "TProxy")
            .Route("in", new { Listener = "in", ClusterId = "app", SourceIp = new { Mode = "None" }, Match = new { DestinationPorts = new[] { Port } } })
            .Set("TcpProxy:Clusters:app", new { Type = "OriginalDestination" });
        using var folder = new TemporaryFolder();

        var missing = await CheckRun.StartAsync(config, network.Gateway);
        (await ProcessRunner.RunAsync(
            [.. network.Gateway.CommandPrefix, RepositoryPaths.GatewayExecutable, "redirect", "apply", "--config", folder.Write("a.json", config.ToJson())])).RequireSuccess();
        var there = await CheckRun.StartAsync(config, network.Gateway);
        var other = await CheckRun.StartAsync(config.Set("TcpProxy:Routes:in:Match:DestinationPorts", new[] { 7000 }), network.Gateway);

        Assert.Equal("warn", missing.The("redirect", "Listeners:in:Intercept").Severity);
        Assert.Equal("ok", there.The("redirect", "Listeners:in:Intercept").Severity);
        Assert.Contains("another configuration's", other.The("redirect", "Listeners:in:Intercept").What, StringComparison.Ordinal);
        Assert.Contains("redirect apply", other.The("redirect", "Listeners:in:Intercept").Cure, StringComparison.Ordinal);
    }
}
