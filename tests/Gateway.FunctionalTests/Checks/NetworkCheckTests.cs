using System.Net;
using Gateway.Testing;
using Gateway.Testing.Network;
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
    public async Task Redirection_MissingAndThere_IsSeen()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        var config = new ConfigFile().Listener("in", "*:15006", "Tcp").Set("Listeners:in:Intercept", "TProxy")
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
