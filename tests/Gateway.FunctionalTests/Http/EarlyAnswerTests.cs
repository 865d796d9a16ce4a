using System.Globalization;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Http;

/// <summary>A complete answer that comes before the end of the request's body reaches the client.</summary>
public sealed class EarlyAnswerTests
{
    private const string Answer = "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 9\r\nConnection: close\r\n\r\ntoo large";

    [Theory]
    [InlineData("", false)]
    [InlineData("", true)]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n", false)]
    public async Task Answer_ThenFin_DestinationReadsNoMore_Arrives(string before, bool isChunked)
    {
        var left = new TaskCompletionSource();
        await using var backend = RecordingTcpServer.Start(async peer =>
        {
            await ReadHeadAsync(peer);
            await peer.SendAsync(before + Answer);
            peer.ShutdownSend();
            await left.Task.WaitAsync(Limits.Wait);
        });
        await using var gateway = await StartAsync(backend);

        using var client = await TcpPeer.ConnectAsync(gateway["web"]);
        // The rest of it never comes: whoever waits for it before the answer goes on waits for ever.
        await client.SendAsync(isChunked
            ? "POST /early HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
            : "POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\nabc");

        Assert.Equal("HTTP/1.1 413 Payload Too Large", await client.ReadLineAsync());
        var line = await gateway.WaitForAccessLineAsync(line => line.Contains("path=/early", StringComparison.Ordinal));
        Assert.Contains("status=413", line, StringComparison.Ordinal);
        Assert.Contains("error=-", line, StringComparison.Ordinal);
        left.SetResult();
    }

    /// <summary>Kestrel cannot read on in a body of which a read was cancelled, and would reset the connection with bytes unread.</summary>
    [Theory]
    [InlineData("Auto", false)]
    [InlineData("Auto", true)]
    [InlineData("Sockets", false)]
    [InlineData("Sockets", true)]
    public async Task Answer_ClientPausesInItsUpload_RestOfItIsReadAndTheConnectionServesOn(string transport, bool isChunked)
    {
        const int Rest = 1_000_000;
        await using var backend = RecordingTcpServer.Start(async peer =>
        {
            await ReadHeadAsync(peer);
            await peer.SendAsync(Answer);
            peer.ShutdownSend();
            await peer.WaitForEndAsync();
        });
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            new ConfigFile().AddHttp("web", port, backend.Address).Set("Listeners:web:Transport", transport));
        using var client = await TcpPeer.ConnectAsync(port);
        await client.SendAsync(isChunked
            ? "POST /early HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
            : $"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: {Rest + 3}\r\n\r\nabc");
        await ReadAnswerAsync(client);

        var rest = new string('a', Rest);
        await client.SendAsync(isChunked ? $"{Rest:x}\r\n{rest}\r\n0\r\n\r\n" : rest);
        await client.SendAsync("GET /again HTTP/1.1\r\nHost: x\r\n\r\n");

        await ReadAnswerAsync(client);
        await gateway.WaitForAccessAsync("path=/again", "status=413");
        Assert.DoesNotContain(gateway.Complaints(), static line => line.Contains("Kestrel", StringComparison.Ordinal));
    }

    private static async Task ReadAnswerAsync(TcpPeer client)
    {
        Assert.Equal("HTTP/1.1 413 Payload Too Large", await client.ReadLineAsync());
        while (await client.ReadLineAsync() != "")
        {
        }

        Assert.Equal("too large", await client.ReadTextAsync(9));
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(20_000_000)]
    public async Task Answer_ThenReset_BehindAnUpload_Arrives(int size)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "other systems drop what was received before a reset");
        await using var backend = RecordingTcpServer.Start(async peer =>
        {
            await ReadHeadAsync(peer);
            await peer.SendAsync(Answer);
            // Unread bytes make it a reset.
            await peer.WaitForFirstByteAsync();
        });
        await using var gateway = await StartAsync(backend);

        for (var i = 0; i < 5; i++)
        {
            using var client = await TcpPeer.ConnectAsync(gateway["web"]);
            await client.SendAsync(string.Create(CultureInfo.InvariantCulture, $"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n"));
            var upload = UploadAsync(client, size);
            Assert.Equal("HTTP/1.1 413 Payload Too Large", await client.ReadLineAsync());
            await upload;
        }
    }

    [Fact]
    public async Task AnswerBegins_DestinationReadsOn_TheWholeBodyArrives()
    {
        const int Size = 5_000_000;
        var received = new TaskCompletionSource<int>();
        await using var backend = RecordingTcpServer.Start(async peer =>
        {
            await ReadHeadAsync(peer);
            await peer.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
            received.SetResult((await peer.ReadExactlyAsync(Size)).Length);
            await peer.SendAsync("1\r\nb\r\n0\r\n\r\n");
        });
        await using var gateway = await StartAsync(backend);

        using var client = await TcpPeer.ConnectAsync(gateway["web"]);
        await client.SendAsync(string.Create(CultureInfo.InvariantCulture, $"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {Size}\r\nConnection: close\r\n\r\n"));
        await UploadAsync(client, Size);

        Assert.Equal(Size, await received.Task.WaitAsync(Limits.Wait));
        Assert.EndsWith("b\r\n0\r\n\r\n", System.Text.Encoding.Latin1.GetString(await client.ReadToEndAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConnectionOfAnEarlyAnswer_IsNotUsedAgain()
    {
        await using var backend = RecordingTcpServer.Start(async peer =>
        {
            var head = await ReadHeadAsync(peer);
            await peer.SendAsync(head.StartsWith("POST", StringComparison.Ordinal)
                ? "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 1\r\n\r\nx"
                : "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx");
            peer.ShutdownSend();
            await peer.WaitForEndAsync();
        });
        await using var gateway = await StartAsync(backend);

        for (var i = 0; i < 5; i++)
        {
            using var client = await TcpPeer.ConnectAsync(gateway["web"]);
            await client.SendAsync("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\nabc");
            Assert.Equal("HTTP/1.1 413 Payload Too Large", await client.ReadLineAsync());
            using var next = await TcpPeer.ConnectAsync(gateway["web"]);
            await next.SendAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            Assert.Equal("HTTP/1.1 200 OK", await next.ReadLineAsync());
        }
    }

    [Fact]
    public async Task NoAnswer_DestinationResetsAnUpload_IsABadGateway()
    {
        await using var backend = RecordingTcpServer.Start(async peer =>
        {
            await ReadHeadAsync(peer);
            peer.Reset();
        });
        await using var gateway = await StartAsync(backend);

        using var client = await TcpPeer.ConnectAsync(gateway["web"]);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n");
        await UploadAsync(client, 2_000_000);
        Assert.Equal("HTTP/1.1 502 Bad Gateway", await client.ReadLineAsync());
    }

    private static Task<HttpTestGateway> StartAsync(RecordingTcpServer backend) => HttpTestGateway.StartAsync(HttpTestGateway.Config($"http://127.0.0.1:{backend.Port}/"));

    private static async Task UploadAsync(TcpPeer client, int size)
    {
        try
        {
            for (var sent = 0; sent < size; sent += 65536)
            {
                await client.SendAsync(new byte[Math.Min(65536, size - sent)]);
            }
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Nobody reads it any more.
        }
    }

    private static async Task<string> ReadHeadAsync(TcpPeer peer)
    {
        var first = await peer.ReadLineAsync();
        while ((await peer.ReadLineAsync()).Length > 0)
        {
        }

        return first;
    }
}
