using System.Net;
using System.Net.Sockets;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Tcp;

/// <summary>Listener → route → cluster → destination.</summary>
public sealed class RoutingTests
{
    [Fact]
    public async Task Routes_ByClientAddress_ReachTheirClusters()
    {
        await using var narrow = RecordingTcpServer.Start(p => p.SendAsync("narrow\n"));
        await using var wide = RecordingTcpServer.Start(p => p.SendAsync("wide\n"));
        var port = FreePorts.Next();
        var config = new ConfigFile()
            .Listener("in", $"127.0.0.1:{port}", "Tcp", new { TrustedProxies = new[] { "127.0.0.0/8" } })
            .Route("wide", new { Listener = "in", ClusterId = "wide", Match = new { ClientCidrs = new[] { "198.51.0.0/16" } }, SourceIp = new { Mode = "None" } })
            .Route("narrow", new { Listener = "in", ClusterId = "narrow", Match = new { ClientCidrs = new[] { "198.51.100.0/24" } }, SourceIp = new { Mode = "None" } })
            .Cluster("wide", wide.Address).Cluster("narrow", narrow.Address);
        await using var gateway = await GatewayProcess.StartAsync(config);

        Assert.Equal("narrow", await AskAsync("198.51.100.9:1"));
        Assert.Equal("wide", await AskAsync("198.51.1.9:1"));
        Assert.Equal("", await AskAsync("203.0.113.9:1"));
        await gateway.WaitForMetricAsync("gateway_tcp_connection_rejected_total", v => v == 1, ("listener", "in"), ("reason", "no_route"));

        async Task<string> AskAsync(string source)
        {
            using var client = await TcpPeer.ConnectAsync(port);
            await client.SendAsync(WireHeader.V2(source, "192.0.2.1:1"));
            try
            {
                return await client.ReadLineAsync();
            }
            catch (SocketException)
            {
                return "";
            }
        }
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Destinations_FirstOnesRefuse_NextIsTriedAndTheHeaderIsSentOnce(string engine)
    {
        await using var server = RecordingTcpServer.Start();
        var port = FreePorts.Next();
        var config = new ConfigFile().Set("TcpProxy:Engine", engine)
            .Listener("in", $"127.0.0.1:{port}", "Tcp")
            .Route("in", new { Listener = "in", ClusterId = "in", SourceIp = new { Mode = "ProxyProtocol" } })
            .Cluster("in", $"127.0.0.1:{FreePorts.Next()}", $"localhost:{server.Port}", $"127.0.0.1:{FreePorts.Next()}");
        await using var gateway = await GatewayProcess.StartAsync(config);

        for (var i = 0; i < 6; i++)
        {
            using var client = await TcpPeer.ConnectAsync(port);
            await client.SendAsync("hello");
            client.ShutdownSend();
            using var backend = await server.NextAsync();
            await WireHeader.ReadAsync(backend);
            Assert.Equal("hello"u8.ToArray(), await backend.ReadToEndAsync());
        }
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Destinations_NoneAnswers_ClientIsClosedAndItIsCounted(string engine)
    {
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(port, $"127.0.0.1:{FreePorts.Next()}", new { Mode = "None" }).Set("TcpProxy:Engine", engine));

        var client = await TcpPeer.ConnectFromAsync(new(IPAddress.Loopback, 0), new(IPAddress.Loopback, port));

        await gateway.WaitForAccessAsync(client.ToString(), "connect");
        var metrics = await gateway.MetricsAsync();
        Assert.Contains(metrics.Samples, s => s.Name == "gateway_destination_connect_duration_seconds_count" && s.Labels.ContainsKey("error_type"));
    }

    [Fact]
    public async Task Listener_DualStack_SeesIPv4ClientsAsIPv4()
    {
        await using var server = RecordingTcpServer.Start();
        var port = FreePorts.Next();
        var config = ConfigFile.Tcp(port, server.Address, new { Mode = "ProxyProtocol" }).Set("Listeners:in:Address", $"*:{port}");
        await using var gateway = await GatewayProcess.StartAsync(config);

        using var client = await TcpPeer.ConnectAsync(port, "127.0.0.5");
        using var backend = await server.NextAsync();

        Assert.Equal(client.Local, (await WireHeader.ReadAsync(backend)).Source);
    }
}
