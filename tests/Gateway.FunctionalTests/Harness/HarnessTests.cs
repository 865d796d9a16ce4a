using System.Net;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Harness;

/// <summary>The test tools themselves, without a gateway: a failure here explains failures elsewhere.</summary>
public sealed class HarnessTests
{
    [Fact]
    public async Task GatewayNetwork_TwoNeighbours_ReachEachOtherAndSeeTheirAddresses()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        await using var server = RecordingTcpServer.StartPeerName(new IPEndPoint(GatewayNetwork.GatewayV6, 8080), network.Gateway);

        using var client = await TcpPeer.ConnectAsync(server.EndPoint, new IPEndPoint(GatewayNetwork.ClientV6, 4711), network.Client);

        Assert.Equal("[2001:db8:c::10]:4711", await client.ReadLineAsync());
    }

    [Fact]
    public async Task WireHeader_FromHaproxy_HasAddressesAndARightChecksum()
    {
        await using var server = RecordingTcpServer.Start();
        var front = FreePorts.Next();
        await using var haproxy = await HaproxyPeer.StartAsync($"""
            listen front
                bind 127.0.0.1:{front}
                server s {server.Address} send-proxy-v2 proxy-v2-options crc32c
            """);

        using var client = await TcpPeer.ConnectAsync(front, "127.0.0.5");
        await client.SendAsync("payload");
        using var backend = await server.NextAsync();
        var header = await WireHeader.ReadAsync(backend);

        Assert.Equal(client.Local, header.Source);
        Assert.True(header.ChecksumIsRight());
        Assert.Equal("payload", await backend.ReadTextAsync(7));
    }

    [Fact]
    public async Task ChecksummedData_ThroughASocket_HasTheSameHashAtBothEnds()
    {
        await using var server = RecordingTcpServer.Start();
        using var client = await TcpPeer.ConnectAsync(server.Port);
        using var backend = await server.NextAsync();

        var receiving = ChecksummedData.ReceiveAsync(backend);
        var sent = await ChecksummedData.SendAsync(client, seed: 1, length: 3_000_001);
        client.ShutdownSend();

        Assert.Equal((3_000_001L, sent), await receiving);
    }

    [Fact]
    public async Task Peers_FromDebian_StartAndAnswer()
    {
        await using var redis = await RedisPeer.StartAsync();
        await using var postgres = await PostgresPeer.StartAsync();
        var port = FreePorts.Next();
        await using var nginx = await NginxPeer.StartAsync(port, stream: $"server {{ listen 127.0.0.1:{port}; return $remote_addr; }}");

        Assert.Equal("PONG", (await RedisPeer.CliAsync(redis.Port, "PING")).StandardOutput.Trim());
        Assert.Equal("42", await PostgresPeer.QueryAsync(postgres.Port, "select 42"));
        using var client = await TcpPeer.ConnectAsync(port, "127.0.0.6");
        Assert.Equal("127.0.0.6", System.Text.Encoding.ASCII.GetString(await client.ReadToEndAsync()));
    }
}
