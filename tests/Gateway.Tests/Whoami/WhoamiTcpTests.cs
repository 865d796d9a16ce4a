using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.ProxyProtocol;
using global::Whoami;

namespace Gateway.Tests.Whoami;

public sealed class WhoamiTcpTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly WhoamiTcpOptions Patient = new() { Silence = TimeSpan.FromSeconds(30) };

    [Fact]
    public async Task Answer_SilentClient_ComesByItself()
    {
        await using var backend = WhoamiTcp.Start(new IPEndPoint(IPAddress.Loopback, 0));
        using var client = await ConnectAsync(backend);

        Assert.Equal($"client={client.Client.LocalEndPoint} via=socket peer={client.Client.LocalEndPoint} local={backend.EndPoint}", await ReadLineAsync(client));
    }

    [Fact]
    public async Task Answer_FirstLine_ComesBeforeItsEcho()
    {
        await using var backend = WhoamiTcp.Start(new IPEndPoint(IPAddress.Loopback, 0), Patient);
        using var client = await ConnectAsync(backend);
        await client.GetStream().WriteAsync("hello\n"u8.ToArray()).AsTask().WaitAsync(Limit);

        Assert.StartsWith($"client={client.Client.LocalEndPoint} via=socket", await ReadLineAsync(client), StringComparison.Ordinal);
        Assert.Equal("hello", await ReadLineAsync(client));
    }

    [Fact]
    public async Task Answer_V1Header_NamesItsClientAndEchoesThePayload()
    {
        await using var backend = WhoamiTcp.Start(new IPEndPoint(IPAddress.Loopback, 0), Patient);
        using var client = await ConnectAsync(backend);
        await client.GetStream().WriteAsync("PROXY TCP4 203.0.113.7 192.0.2.1 56324 443\r\nhello\n"u8.ToArray()).AsTask().WaitAsync(Limit);

        Assert.Equal(
            $"client=203.0.113.7:56324 via=proxy-v1 peer={client.Client.LocalEndPoint} local={backend.EndPoint} destination=192.0.2.1:443",
            await ReadLineAsync(client));
        Assert.Equal("hello", await ReadLineAsync(client));
    }

    [Fact]
    public async Task Answer_V1HeaderByteByByte_IsTheSame()
    {
        await using var backend = WhoamiTcp.Start(new IPEndPoint(IPAddress.Loopback, 0), Patient);
        using var client = await ConnectAsync(backend);
        foreach (var value in "PROXY TCP6 2001:db8::7 2001:db8::1 56324 443\r\n"u8.ToArray())
        {
            await client.GetStream().WriteAsync(new[] { value }).AsTask().WaitAsync(Limit);
        }

        Assert.StartsWith("client=[2001:db8::7]:56324 via=proxy-v1 ", await ReadLineAsync(client), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_V2HeaderWithTlvs_ShowsThem()
    {
        var tlvs = new byte[64];
        var length = ProxyTlvWriter.Write(tlvs, ProxyTlvType.Authority, "example.com"u8);
        length += ProxyTlvWriter.Write(tlvs.AsSpan(length), (ProxyTlvType)0xEA, [1, (byte)'v']);
        var header = new byte[200];
        var source = ProxyEndPoint.From(IPEndPoint.Parse("203.0.113.7:56324"));
        var destination = ProxyEndPoint.From(IPEndPoint.Parse("192.0.2.1:443"));
        var written = ProxyHeaderWriter.WriteV2(header, ProxyCommand.Proxy, source, destination, tlvs.AsSpan(0, length), withChecksum: false);
        await using var backend = WhoamiTcp.Start(new IPEndPoint(IPAddress.Loopback, 0), Patient);
        using var client = await ConnectAsync(backend);
        await client.GetStream().WriteAsync(header.AsMemory(0, written)).AsTask().WaitAsync(Limit);

        var answer = await ReadLineAsync(client);
        Assert.StartsWith("client=203.0.113.7:56324 via=proxy-v2 ", answer, StringComparison.Ordinal);
        Assert.EndsWith(" tlvs=Authority:example.com,AwsVpcEndpointId:0x0176", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_LocalHeader_SaysThatThePeerIsTheClient()
    {
        await using var backend = WhoamiTcp.Start(new IPEndPoint(IPAddress.Loopback, 0), Patient);
        using var client = await ConnectAsync(backend);
        await client.GetStream().WriteAsync("PROXY UNKNOWN\r\n"u8.ToArray()).AsTask().WaitAsync(Limit);

        Assert.StartsWith($"client={client.Client.LocalEndPoint} via=proxy-v1-local ", await ReadLineAsync(client), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_BrokenHeader_SaysWhyAndCloses()
    {
        await using var backend = WhoamiTcp.Start(new IPEndPoint(IPAddress.Loopback, 0), Patient);
        using var client = await ConnectAsync(backend);
        await client.GetStream().WriteAsync("PROXY TCP4 203.0.113.299 192.0.2.1 1 2\r\n"u8.ToArray()).AsTask().WaitAsync(Limit);

        Assert.StartsWith("error=the source address", await ReadLineAsync(client), StringComparison.Ordinal);
        Assert.Equal("", await ReadLineAsync(client));
    }

    [Fact]
    public async Task Answer_HeaderThatNeverEnds_IsAnErrorAtTheLimit()
    {
        await using var backend = WhoamiTcp.Start(new IPEndPoint(IPAddress.Loopback, 0), Patient with { HeaderTimeout = TimeSpan.FromSeconds(1) });
        using var client = await ConnectAsync(backend);
        await client.GetStream().WriteAsync("PROXY TCP4 203."u8.ToArray()).AsTask().WaitAsync(Limit);

        Assert.StartsWith("error=incomplete PROXY header (15 bytes)", await ReadLineAsync(client), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Echo_ClientEndsFirst_SendsTheRestAndThenEnds()
    {
        await using var backend = WhoamiTcp.Start(new IPEndPoint(IPAddress.Loopback, 0), Patient);
        using var client = await ConnectAsync(backend);
        await client.GetStream().WriteAsync("PROXY UNKNOWN\r\nno line end"u8.ToArray()).AsTask().WaitAsync(Limit);
        client.Client.Shutdown(SocketShutdown.Send);

        Assert.StartsWith("client=", await ReadLineAsync(client), StringComparison.Ordinal);
        Assert.Equal("no line end", await ReadLineAsync(client));
    }

    [Fact]
    public async Task Dispose_OpenConnections_EndsThem()
    {
        var backend = WhoamiTcp.Start(new IPEndPoint(IPAddress.Loopback, 0), Patient);
        using var client = await ConnectAsync(backend);
        await client.GetStream().WriteAsync("a\n"u8.ToArray()).AsTask().WaitAsync(Limit);
        Assert.StartsWith("client=", await ReadLineAsync(client), StringComparison.Ordinal);

        await backend.DisposeAsync().AsTask().WaitAsync(Limit);

        await Assert.ThrowsAnyAsync<SocketException>(() => ConnectAsync(backend));
    }

    private static async Task<TcpClient> ConnectAsync(WhoamiTcp backend)
    {
        var client = new TcpClient(AddressFamily.InterNetwork);
        await client.ConnectAsync(backend.EndPoint).WaitAsync(Limit);
        return client;
    }

    // Byte by byte, so that nothing of the next line is swallowed; "" at the end.
    private static async Task<string> ReadLineAsync(TcpClient client)
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (await client.Client.ReceiveAsync(one.AsMemory()).AsTask().WaitAsync(Limit) > 0 && one[0] != '\n')
        {
            line.Add(one[0]);
        }

        return Encoding.ASCII.GetString([.. line]);
    }
}
