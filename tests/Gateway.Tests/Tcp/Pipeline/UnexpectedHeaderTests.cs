using System.Net;
using System.Text;
using Gateway.Tcp.Configuration;
using Gateway.Testing.Network;
using Gateway.Testing.Wire;

namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>A listener without a <c>ProxyProtocol</c> section, a backend that gets a header from us: a client's own header reaches it never, since it might be the one that is believed.</summary>
public sealed class UnexpectedHeaderTests
{
    private const string V1 = "PROXY TCP4 192.0.2.66 192.0.2.1 1 2\r\n";

    // What Policies.V1 makes of a client on loopback.
    private static readonly SourceIpConfig Sent = Policies.V1;

    public static TheoryData<TcpEngineKind, bool> Headers => new()
    {
        { TcpEngineKind.Portable, false },
        { TcpEngineKind.Portable, true },
        { TcpEngineKind.Linux, false },
        { TcpEngineKind.Linux, true },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public async Task Header_AsTheFirstBytes_ReachesNobody(TcpEngineKind engine, bool isV2)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Sent, server.Address), engine);
        using var client = await plane.ConnectAsync();
        await client.SendAsync((byte[])[.. Header(isV2), .. "hello"u8]);

        Assert.Equal(ConnectionEnd.Reset, await client.WaitForEndAsync());
        await AssertRefusedAsync(plane);
        using var backend = await server.NextAsync();
        Assert.Equal(OurHeader(client), await backend.ReadTextAsync(OurHeader(client).Length));
        Assert.Equal(ConnectionEnd.Reset, await backend.WaitForEndAsync());
        Assert.Single(backend.Segments);
    }

    [Theory]
    [MemberData(nameof(Headers))]
    public async Task Header_AfterTheBackendSpoke_ReachesNobody(TcpEngineKind engine, bool isV2)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Sent, server.Address), engine);
        using var client = await plane.ConnectAsync();
        using var backend = await server.NextAsync();
        await backend.SendAsync("220 ready\r\n");
        Assert.Equal("220 ready", await client.ReadLineAsync());
        Assert.Equal(OurHeader(client), await backend.ReadTextAsync(OurHeader(client).Length));

        await client.SendAsync(Header(isV2));

        Assert.Equal(ConnectionEnd.Reset, await backend.WaitForEndAsync());
        Assert.Single(backend.Segments);
        await AssertRefusedAsync(plane);
    }

    [Theory]
    [MemberData(nameof(Headers))]
    public async Task Header_ByteByByte_IsStoppedBeforeItsSignatureIsWhole(TcpEngineKind engine, bool isV2)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Sent, server.Address), engine);
        using var client = await plane.ConnectAsync();
        using var backend = await server.NextAsync();
        var signature = isV2 ? 12 : "PROXY ".Length;
        foreach (var octet in Header(isV2)[..signature])
        {
            await client.SendAsync((byte[])[octet]);
        }

        Assert.Equal(ConnectionEnd.Reset, await backend.WaitForEndAsync());
        Assert.True(backend.Segments.Sum() < OurHeader(client).Length + signature);
        await AssertRefusedAsync(plane);
    }

    [Fact]
    public async Task Header_AfterAFallbackToAHeader_ReachesNobody()
    {
        await using var server = RecordingTcpServer.Start();
        // No option for IPv4 clients: every one of them falls back.
        var sourceIp = new SourceIpConfig { Mode = SourceIpMode.Toa, ToaOptions = ["253/20"], Fallback = SourceIpFallback.ProxyProtocol };
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, sourceIp, server.Address));
        using var client = await plane.ConnectAsync();
        await client.SendAsync(V1);

        Assert.Equal(ConnectionEnd.Reset, await client.WaitForEndAsync());
        await AssertRefusedAsync(plane);
    }

    [Fact]
    public async Task Header_WhereChainsAreMeant_IsPayload()
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Sent with { NestedHeader = NestedHeaderAction.Pass }, server.Address));
        using var client = await plane.ConnectAsync();
        await client.SendAsync(V1);
        using var backend = await server.NextAsync();

        Assert.Equal(OurHeader(client) + V1, await backend.ReadTextAsync(OurHeader(client).Length + V1.Length));
    }

    [Fact]
    public async Task Header_ThatOnlyLooksLikeOne_IsPayload()
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Sent, server.Address));
        using var client = await plane.ConnectAsync();
        await client.SendAsync("PRO");
        using var backend = await server.NextAsync();
        Assert.Equal(OurHeader(client) + "PRO", await backend.ReadTextAsync(OurHeader(client).Length + 3));
        await client.SendAsync("BE\r\n");

        Assert.Equal("BE\r\n", await backend.ReadTextAsync(4));
    }

    private static byte[] Header(bool isV2) => isV2 ? WireHeader.V2("192.0.2.66:1", "192.0.2.1:2") : Encoding.ASCII.GetBytes(V1);

    private static string OurHeader(TcpPeer client) =>
        $"PROXY TCP4 {client.Local.Address} {IPAddress.Loopback} {client.Local.Port} {((IPEndPoint)client.Remote).Port}\r\n";

    private static async Task AssertRefusedAsync(TestPlane plane)
    {
        var line = await plane.AccessAsync();
        Assert.Equal(("untrusted_header", "UnexpectedHeader"), (line.Reason, line["detail"]));
    }
}
