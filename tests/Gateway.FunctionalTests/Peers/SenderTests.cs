using System.Net;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Peers;

/// <summary>Real proxies in front whose headers are odd, and mean something.</summary>
public sealed class SenderTests
{
    private static readonly object FromLoopback = new { TrustedProxies = new[] { "127.0.0.0/8" } };

    /// <summary>nginx's stream module with realip writes the family of the client that it was told of, and its own address behind it.</summary>
    [Theory]
    [InlineData("127.0.0.1", "PROXY TCP6 2001:db8::7 2001:db8::1 40001 443\r\n", "[2001:db8::7]:40001")]
    [InlineData("[::1]", "PROXY TCP4 198.51.100.7 192.0.2.1 40001 443\r\n", "[::ffff:198.51.100.7]:40001")]
    public async Task Nginx_ClientOfTheOtherFamily_IsTheClient(string address, string told, string client)
    {
        await using var backend = RecordingTcpServer.Start();
        var (front, port) = (FreePorts.Next(), FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(ConfigFile.Tcp(port, backend.Address, new { Mode = "ProxyProtocol" }, FromLoopback));
        await using var nginx = await NginxPeer.StartAsync(
            front,
            stream: $"server {{ listen {address}:{front} proxy_protocol; set_real_ip_from 127.0.0.0/8; set_real_ip_from ::1; proxy_pass 127.0.0.1:{port}; proxy_protocol on; }}");

        using var peer = await TcpPeer.ConnectAsync(new IPEndPoint(address == "[::1]" ? IPAddress.IPv6Loopback : IPAddress.Loopback, front));
        await peer.SendAsync($"{told}hello");
        using var accepted = await backend.NextAsync();
        var header = await WireHeader.ReadAsync(accepted);

        Assert.Equal((client, "hello"), (header.Source!.ToString(), await accepted.ReadTextAsync(5)));
    }

    /// <summary>Varnish writes an address of zeros for a client that has none.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Varnish_ClientOnAUnixSocket_IsVarnishItself(int version)
    {
        await using var backend = HttpBackend.Start();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile().AddHttp("in", port, backend.Address, FromLoopback));
        await using var varnish = await VarnishPeer.StartAsync(port, version);

        Assert.Contains("X-Real-IP: 127.0.0.1", await varnish.GetAsync("/"), StringComparison.OrdinalIgnoreCase);
        await gateway.WaitForMetricAsync("gateway_proxy_protocol_received_total", v => v >= 1, ("version", $"v{version}"), ("result", "unknown"));
    }
}
