using System.Net;
using System.Net.NetworkInformation;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Namespaces;

/// <summary>Clients on the gateway's own link, with an address that means nothing elsewhere: fe80::10 without the zone.</summary>
public sealed class LinkLocalTests
{
    private static readonly IPAddress Client = IPAddress.Parse("fe80::10");

    [Theory]
    [InlineData("Linux")]
    [InlineData("Portable")]
    public async Task Tcp_LinkLocalClient_HasNoZoneAndIsNotBound(string engine)
    {
        await using var network = await GatewayNetwork.CreateAsync();
        var front = await AddAddressesAsync(network);
        await using var backend = RecordingTcpServer.Start(endPoint: new IPEndPoint(GatewayNetwork.BackendV6, 8080), inside: network.Backend);
        var config = new ConfigFile().Set("TcpProxy:Engine", engine).Set("Checks:AtStart", "None")
            .AddTcp("header", 9000, backend.Address, new { Mode = "ProxyProtocol" }, address: "*")
            .AddTcp("fallback", 9001, backend.Address, new { Mode = "Transparent", Fallback = "ProxyProtocol" }, address: "*")
            .AddTcp("reject", 9002, backend.Address, new { Mode = "Transparent" }, address: "*");
        await using var gateway = await GatewayProcess.StartAsync(config, new() { Inside = network.Gateway });

        foreach (var port in new[] { 9000, 9001 })
        {
            using var client = await TcpPeer.ConnectAsync(new IPEndPoint(front, port), inside: network.Client);
            using var accepted = await backend.NextAsync();
            Assert.Equal(new IPEndPoint(Client, client.Local.Port), (await WireHeader.ReadAsync(accepted)).Source);
            // A byte: who says nothing and leaves is a check.
            await client.SendAsync("x");
            Assert.Equal("x", await accepted.ReadTextAsync(1));
            client.ShutdownSend();
            accepted.Dispose();
            await gateway.WaitForAccessAsync($"client=[fe80::10]:{client.Local.Port}", $"peer=[fe80::10]:{client.Local.Port}");
        }

        Assert.Equal(ConnectionEnd.Reset, await TcpPeer.ConnectToTheEndAsync(new IPEndPoint(front, 9002), inside: network.Client));
        await gateway.WaitForAccessAsync("reason=source_ip", "client=[fe80::10]:");
    }

    [Fact]
    public async Task Http_LinkLocalClient_HasNoZone()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        var front = await AddAddressesAsync(network);
        await using var backend = RecordingTcpServer.Start(endPoint: new IPEndPoint(GatewayNetwork.BackendV6, 8080), inside: network.Backend);
        await using var gateway = await GatewayProcess.StartAsync(
            new ConfigFile().AddHttp("web", 9000, backend.Address, address: "*").Set("Checks:AtStart", "None"), new() { Inside = network.Gateway });

        using var client = await TcpPeer.ConnectAsync(new IPEndPoint(front, 9000), inside: network.Client);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        using var accepted = await backend.NextAsync();
        var headers = new List<string>();
        for (string line; (line = await accepted.ReadLineAsync()).Length > 0;)
        {
            headers.Add(line);
        }

        Assert.Contains("X-Forwarded-For: fe80::10", headers);
        Assert.Contains("X-Real-IP: fe80::10", headers);
        await accepted.SendAsync("HTTP/1.1 204 No Content\r\n\r\n");
        await gateway.WaitForAccessAsync("client=fe80::10", $"peer=[fe80::10]:{client.Local.Port}");
    }

    /// <summary>A client and the gateway's end of its link; where to connect to, as the client's host writes it.</summary>
    private static async Task<IPAddress> AddAddressesAsync(GatewayNetwork network)
    {
        await network.Client.RunAsync("ip", "addr", "flush", "dev", "c0", "scope", "link");
        await network.Client.RunAsync("ip", "addr", "add", $"{Client}/64", "dev", "c0", "nodad");
        await network.Gateway.RunAsync("ip", "addr", "add", "fe80::1/64", "dev", "gc", "nodad");
        var index = network.Client.Run(static () => NetworkInterface.GetAllNetworkInterfaces().First(static one => one.Name == "c0").GetIPProperties().GetIPv6Properties().Index);
        return new IPAddress(IPAddress.Parse("fe80::1").GetAddressBytes(), index);
    }
}
