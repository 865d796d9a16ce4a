using System.Net;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Tcp;

/// <summary>How the backend learns the client's address, per route.</summary>
public sealed class SourceIpModesTests
{
    private const string Client = "203.0.113.7:5555";
    private const string Original = "192.0.2.1:443";
    private static readonly object Trusting = new { TrustedProxies = new[] { "127.0.0.0/8", "::1/128" } };

    [Theory]
    [InlineData(Engines.Linux, "V1")]
    [InlineData(Engines.Linux, "V2")]
    [InlineData(Engines.Portable, "V1")]
    [InlineData(Engines.Portable, "V2")]
    public async Task ProxyProtocol_PlainClient_HeaderNamesTheClientAndOurAddress(string engine, string version)
    {
        await using var backend = RecordingTcpServer.Start();
        var port = FreePorts.Next();
        await using var gateway = await StartAsync(engine, port, backend.Address, new { Mode = "ProxyProtocol", Version = version });

        using var client = await TcpPeer.ConnectAsync(port, "127.0.0.5");
        await client.SendAsync("hello");
        using var accepted = await backend.NextAsync();
        var header = await WireHeader.ReadAsync(accepted);

        Assert.Equal(version, $"V{header.Version}");
        Assert.Equal(client.Local, header.Source);
        Assert.Equal(client.Remote, header.Destination);
        Assert.Equal("hello", await accepted.ReadTextAsync(5));
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task ProxyProtocol_HeaderAndPayloadInOneSegment_LeaveInOneSegment(string engine)
    {
        await using var backend = RecordingTcpServer.Start();
        var port = FreePorts.Next();
        await using var gateway = await StartAsync(engine, port, backend.Address, new { Mode = "ProxyProtocol" }, Trusting);

        using var client = await TcpPeer.ConnectAsync(port);
        await client.SendAsync((byte[])[.. WireHeader.V2(Client, Original), .. "hello"u8]);
        using var accepted = await backend.NextAsync();
        var first = new byte[4096];
        var read = await accepted.ReadAsync(first);

        Assert.Equal(16 + 12 + 5, read);
        Assert.EndsWith("hello", System.Text.Encoding.Latin1.GetString(first, 0, read), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProxyProtocol_TlvsPassedOn_AreKeptByteForByteWithANewChecksum()
    {
        await using var backend = RecordingTcpServer.Start();
        var (all, some, none) = (FreePorts.Next(), FreePorts.Next(), FreePorts.Next());
        var config = new ConfigFile()
            .AddTcp("all", all, backend.Address, new { Mode = "ProxyProtocol", PassThroughTlvs = new[] { "All" } }, Trusting)
            .AddTcp("some", some, backend.Address, new { Mode = "ProxyProtocol", PassThroughTlvs = new[] { "Authority", "0xEA" } }, Trusting)
            .AddTcp("none", none, backend.Address, new { Mode = "ProxyProtocol" }, Trusting);
        await using var gateway = await GatewayProcess.StartAsync(config);
        var sent = WireHeader.WithChecksum(WireHeader.V2(
            Client, Original, (2, "example.org"u8.ToArray()), (3, new byte[4]), (5, "id-1"u8.ToArray()), (0xEA, [1, .. "vpce-08d2bf15fac5001c9"u8])));

        var everything = await ThroughAsync(all);
        Assert.Equal([(byte)2, (byte)5, (byte)0xEA], everything.Tlvs.Select(t => t.Type).Where(t => t is not 3 and not 4).Order());
        Assert.Equal("example.org"u8.ToArray(), everything.Tlv(2));
        Assert.Equal([1, .. "vpce-08d2bf15fac5001c9"u8], everything.Tlv(0xEA));
        Assert.True(everything.ChecksumIsRight());

        var picked = await ThroughAsync(some);
        Assert.Equal([(byte)2, (byte)0xEA], picked.Tlvs.Select(t => t.Type).Where(t => t is not 3 and not 4).Order());
        Assert.True(picked.Tlv(3) is null || picked.ChecksumIsRight());

        Assert.DoesNotContain((await ThroughAsync(none)).Tlvs, t => t.Type is not 3 and not 4);

        async Task<WireHeader> ThroughAsync(int port)
        {
            using var client = await TcpPeer.ConnectAsync(port);
            await client.SendAsync(sent);
            using var accepted = await backend.NextAsync();
            return await WireHeader.ReadAsync(accepted);
        }
    }

    [Fact]
    public async Task ProxyProtocol_VersionsAndFamilies_AreTranslated()
    {
        await using var backend = RecordingTcpServer.Start();
        var (v1, v2) = (FreePorts.Next(), FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile()
            .AddTcp("to-v1", v1, backend.Address, new { Mode = "ProxyProtocol", Version = "V1" }, Trusting)
            .AddTcp("to-v2", v2, backend.Address, new { Mode = "ProxyProtocol", Version = "V2" }, Trusting));

        foreach (var (source, destination) in new[] { (Client, Original), ("[2001:db8:c::10]:5555", "[2001:db8:b::10]:443") })
        {
            foreach (var (port, header) in new[] { (v1, WireHeader.V2(source, destination)), (v2, WireHeader.V1(source, destination)) })
            {
                using var client = await TcpPeer.ConnectAsync(port);
                await client.SendAsync(header);
                using var accepted = await backend.NextAsync();
                var sent = await WireHeader.ReadAsync(accepted);

                Assert.Equal(port == v1 ? 1 : 2, sent.Version);
                Assert.Equal((source, destination), (sent.Source!.ToString(), sent.Destination!.ToString()));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task None_AnyClient_BackendSeesTheGatewayAndOnlyPayload(string engine)
    {
        await using var backend = RecordingTcpServer.Start();
        var port = FreePorts.Next();
        await using var gateway = await StartAsync(engine, port, backend.Address, new { Mode = "None" }, Trusting);

        using var client = await TcpPeer.ConnectAsync(port, "127.0.0.5");
        await client.SendAsync((byte[])[.. WireHeader.V1(Client, Original), .. "hello"u8]);
        client.ShutdownSend();
        using var accepted = await backend.NextAsync();

        Assert.Equal("hello"u8.ToArray(), await accepted.ReadToEndAsync());
        Assert.Equal(IPAddress.Loopback, accepted.Remote.Address);
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Transparent_OnLoopback_BackendSeesTheClientsAddress(string engine)
    {
        await using var backend = RecordingTcpServer.Start();
        var port = FreePorts.Next();
        await using var gateway = await StartTransparentAsync(engine, port, backend.Address, new { Mode = "Transparent" }, Trusting);

        // Claimed by a header: 127.0.0.77 is as local as any of 127.0.0.0/8, so that no route is needed.
        using var claimed = await TcpPeer.ConnectAsync(port);
        await claimed.SendAsync((byte[])[.. WireHeader.V2("127.0.0.77:4711", Original), .. "hello"u8]);
        using var first = await backend.NextAsync();
        Assert.Equal("127.0.0.77", first.Remote.Address.ToString());
        Assert.Equal("hello", await first.ReadTextAsync(5));

        using var local = await TcpPeer.ConnectAsync(port, "127.0.0.5");
        await local.SendAsync(WireHeader.V2Local());
        using var second = await backend.NextAsync();
        Assert.Equal("127.0.0.5", second.Remote.Address.ToString());
    }

    [Theory]
    [InlineData("Reject")]
    [InlineData("ProxyProtocol")]
    [InlineData("None")]
    public async Task Transparent_AddressThatCannotBeUsed_DoesAsFallbackSays(string fallback)
    {
        await using var backend = RecordingTcpServer.Start();
        var port = FreePorts.Next();
        await using var gateway = await StartTransparentAsync(
            "Auto", port, backend.Address, new { Mode = "Transparent", Fallback = fallback }, Trusting);

        // An IPv6 client cannot be bound towards an IPv4 backend.
        using var client = await TcpPeer.ConnectAsync(port);
        await client.SendAsync((byte[])[.. WireHeader.V2("[2001:db8:c::10]:5555", "[2001:db8:b::10]:443"), .. "hello"u8]);
        client.ShutdownSend();

        if (fallback == "Reject")
        {
            await client.WaitForEndAsync();
            Assert.Equal(0, backend.Accepted);
            await gateway.WaitForAccessAsync("2001:db8:c::10");
            return;
        }

        using var accepted = await backend.NextAsync();
        if (fallback == "ProxyProtocol")
        {
            Assert.Equal("[2001:db8:c::10]:5555", (await WireHeader.ReadAsync(accepted)).Source!.ToString());
        }

        Assert.Equal("hello"u8.ToArray(), await accepted.ReadToEndAsync());
    }

    private static Task<GatewayProcess> StartAsync(string engine, int port, string backend, object sourceIp, object? policy = null) =>
        GatewayProcess.StartAsync(ConfigFile.Tcp(port, backend, sourceIp, policy).Set("TcpProxy:Engine", engine));

    private static Task<GatewayProcess> StartTransparentAsync(string engine, int port, string backend, object sourceIp, object policy)
    {
        Rights.RequireTransparent();
        return StartAsync(engine, port, backend, sourceIp, policy);
    }
}
