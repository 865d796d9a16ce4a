using System.Text;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Peers;

/// <summary>Backends take headers up to a length of their own: nginx's stream module takes 107 bytes (before 1.23), and closes on more.</summary>
public sealed class HeaderLengthTests
{
    private static readonly object FromLoopback = new { TrustedProxies = new[] { "127.0.0.0/8" } };

    [Theory]
    [InlineData(Engines.Linux)]
    [InlineData(Engines.Portable)]
    public async Task Nginx_MoreTlvsThanItTakes_TheLeastImportantStayBehind(string engine)
    {
        var (port, behind) = (FreePorts.Next(), FreePorts.Next());
        await using var nginx = await NginxPeer.StartAsync(
            behind, stream: $"server {{ listen 127.0.0.1:{behind} proxy_protocol; return '$proxy_protocol_addr'; }}");
        var config = ConfigFile.Tcp(port, $"127.0.0.1:{behind}", new { Mode = "ProxyProtocol", PassThroughTlvs = new[] { "All" }, MaxHeaderBytes = 107 }, FromLoopback)
            .Set("TcpProxy:Engine", engine);
        await using var gateway = await GatewayProcess.StartAsync(config);

        using var client = await TcpPeer.ConnectAsync(port);
        await client.SendAsync(WireHeader.V2("203.0.113.7:1", "192.0.2.1:2", (0xE5, new byte[3000]), (0x02, "shop.example.org"u8.ToArray())));

        Assert.Equal("203.0.113.7", Encoding.ASCII.GetString(await client.ReadToEndAsync()));
        await gateway.WaitForMetricAsync("gateway_proxy_protocol_tlvs_left_out_total", v => v == 1, ("cluster", "in"));
    }

    [Fact]
    public async Task Backend_LimitOfTheRoute_GetsTheMostImportant()
    {
        await using var backend = RecordingTcpServer.Start();
        var port = FreePorts.Next();
        var sourceIp = new { Mode = "ProxyProtocol", PassThroughTlvs = new[] { "All" }, MaxHeaderBytes = 70, AddTlvs = new { UniqueId = "added" } };
        await using var gateway = await GatewayProcess.StartAsync(ConfigFile.Tcp(port, backend.Address, sourceIp, FromLoopback));

        using var client = await TcpPeer.ConnectAsync(port);
        await client.SendAsync((byte[])[.. WireHeader.V2("203.0.113.7:1", "192.0.2.1:2", (0xEA, [1, .. "vpce-12345678901234567890"u8]), (0x02, "shop.example.org"u8.ToArray())), .. "hello"u8]);
        using var accepted = await backend.NextAsync();
        var header = await WireHeader.ReadAsync(accepted);

        Assert.Equal(("203.0.113.7:1", "hello"), (header.Source!.ToString(), await accepted.ReadTextAsync(5)));
        Assert.Equal("added", Encoding.ASCII.GetString(header.Tlv(0x05)!));
        Assert.Equal("shop.example.org", Encoding.ASCII.GetString(header.Tlv(0x02)!));
        Assert.Null(header.Tlv(0xEA));
    }
}
