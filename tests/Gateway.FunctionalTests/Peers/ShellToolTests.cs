using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Peers;

/// <summary>The tools that the README's reader has at hand.</summary>
public sealed class ShellToolTests
{
    private static readonly object FromLoopback = new { TrustedProxies = new[] { "127.0.0.1/32" } };

    [Fact]
    public async Task Curl_WithHaproxyProtocol_ClientIsInXForwardedFor()
    {
        await using var backend = HttpBackend.Start();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile().AddHttp("web", port, backend.Address, FromLoopback));

        var answer = await ProcessRunner.RunAsync([DebianPeer.Require("curl"), "-sS", "--haproxy-protocol", $"http://127.0.0.1:{port}/"]);
        Assert.Contains("X-Forwarded-For: 127.0.0.1\r\n", answer.RequireSuccess().StandardOutput, StringComparison.OrdinalIgnoreCase);

        var without = await ProcessRunner.RunAsync([DebianPeer.Require("curl"), "-sS", "-m", "10", $"http://127.0.0.1:{port}/"]);
        Assert.NotEqual(0, without.ExitCode);
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Netcat_WithAVersion1Line_BackendLearnsTheClient(string engine)
    {
        await using var nginxLike = RecordingTcpServer.Start(async peer =>
        {
            var header = await Testing.Wire.WireHeader.ReadAsync(peer);
            await peer.SendAsync($"client {header.Source}: {await peer.ReadLineAsync()}\n");
        });
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(port, nginxLike.Address, new { Mode = "ProxyProtocol" }, FromLoopback).Set("TcpProxy:Engine", engine));

        var answer = await ProcessRunner.RunAsync(
            [DebianPeer.Require("nc"), "-w", "5", "127.0.0.1", $"{port}"], "PROXY TCP4 203.0.113.7 192.0.2.1 5555 443\r\nhello\n");

        Assert.Equal("client 203.0.113.7:5555: hello\n", answer.StandardOutput);
    }
}
