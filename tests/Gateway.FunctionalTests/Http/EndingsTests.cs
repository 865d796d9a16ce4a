using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Gateway.Configuration;
using Gateway.Testing.Network;

namespace Gateway.FunctionalTests.Http;

/// <summary>
/// FIN and RST of a client and of a destination, at each point of a request. Each case runs on the engine and on .NET's sockets, and what
/// the other end sees must be the same.
/// </summary>
public sealed class EndingsTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    private const string LastGet = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    private const string Upload = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n";
    private static readonly string[] OutcomesOfUploads =
    [
        "status=499 error=RequestBodyCanceled",
        "status=499 error=RequestBodyClient",
        "status=499 error=RequestCanceled",
        "status=400 error=RequestBodyClient",
    ];

    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";

    // What a client sends before it leaves, and whether a request has reached the destination by then.
    [Theory]
    [InlineData("", false)]
    [InlineData("GET / HT", false)]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nX-Half: a", false)]
    [InlineData(Get, true)]
    [InlineData(Get + Get, true)]
    [InlineData(Upload, true)]
    [InlineData(Upload + "abc", true)]
    public async Task Client_EndsAtAnyPoint_TheDestinationIsToldAndNothingStays(string sent, bool isAsked)
    {
        foreach (var isReset in new[] { true, false })
        {
            var onSockets = await RunAsync(ListenerTransport.Sockets);
            Assert.Equal(onSockets, await RunAsync(ListenerTransport.Auto));

            async Task<string> RunAsync(ListenerTransport transport)
            {
                await using var backend = RecordingTcpServer.Start();
                await using var gateway = await StartAsync(backend, transport);
                var client = await TcpPeer.ConnectAsync(gateway["web"]);
                await client.SendAsync(sent);
                var peer = isAsked ? await backend.NextAsync() : null;
                if (peer is not null)
                {
                    await ReadHeadAsync(peer);
                }

                Leave(client, isReset);

                if (peer is not null)
                {
                    await peer.WaitForEndAsync();
                }

                if (!isReset)
                {
                    await client.WaitForEndAsync();
                }

                var outcome = isAsked
                    ? OutcomeIn(await gateway.WaitForAccessLineAsync(line => line.Contains("path=/ ", StringComparison.Ordinal)))
                    : "";
                // Whether the end of a body or the end of its connection is noticed first is chance.
                return sent.StartsWith(Upload, StringComparison.Ordinal) && OutcomesOfUploads.Contains(outcome) ? "the client's" : outcome;
            }
        }
    }

    // A client that leaves while it takes an answer: the destination is not asked to send the rest.
    [Fact]
    public async Task Client_EndsWithinAnAnswer_TheDestinationsConnectionEnds()
    {
        foreach (var isReset in new[] { true, false })
        {
            var onSockets = await RunAsync(ListenerTransport.Sockets);
            Assert.Equal(onSockets, await RunAsync(ListenerTransport.Auto));

            async Task<string> RunAsync(ListenerTransport transport)
            {
                await using var backend = RecordingTcpServer.Start();
                await using var gateway = await StartAsync(backend, transport);
                using var client = await TcpPeer.ConnectAsync(gateway["web"]);
                await client.SendAsync(Get);
                var peer = await backend.NextAsync();
                await ReadHeadAsync(peer);
                await peer.SendAsync(Answer + "begin");
                Assert.Equal("HTTP/1.1 200 OK", await client.ReadLineAsync());
                Leave(client, isReset);

                await peer.WaitForEndAsync();
                return OutcomeIn(await gateway.WaitForAccessLineAsync(line => line.Contains("path=/ ", StringComparison.Ordinal)));
            }
        }
    }

    // What a destination sends before it ends.
    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nabc")]
    public async Task Destination_EndsAtAnyPoint_TheClientSeesTheSameOnBothRoads(string sent)
    {
        foreach (var isReset in new[] { true, false })
        {
            var onSockets = await RunAsync(ListenerTransport.Sockets, LastGet);
            Assert.Equal(onSockets, await RunAsync(ListenerTransport.Auto, LastGet));

            async Task<string> RunAsync(ListenerTransport transport, string request)
            {
                var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await using var backend = RecordingTcpServer.Start(async peer =>
                {
                    await ReadHeadAsync(peer);
                    await peer.SendAsync(sent);
                    // An RST would overtake bytes that the gateway has not read yet.
                    await seen.Task;
                    if (isReset)
                    {
                        peer.Reset();
                    }
                    else
                    {
                        peer.ShutdownSend();
                        await peer.WaitForEndAsync();
                    }
                });
                await using var gateway = await StartAsync(backend, transport);
                using var client = await TcpPeer.ConnectAsync(gateway["web"]);
                await client.SendAsync(request);
                // A head without a byte of its body may wait for this byte.
                var isBegun = sent.Contains("\r\n\r\n", StringComparison.Ordinal) && !sent.EndsWith("\r\n\r\n", StringComparison.Ordinal);
                var head = isBegun ? await client.ReadLineAsync() : "";
                seen.SetResult();
                head += isBegun ? "" : await client.ReadLineAsync();
                var rest = Encoding.Latin1.GetString(await ToTheEndAsync(client));
                var line = await gateway.WaitForAccessLineAsync(access => access.Contains("path=/ ", StringComparison.Ordinal));
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{head} body={rest[(rest.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]} {OutcomeIn(line)}");
            }
        }
    }

    private static void Leave(TcpPeer client, bool isReset)
    {
        if (isReset)
        {
            client.Reset();
        }
        else
        {
            client.ShutdownSend();
        }
    }

    private static async Task<byte[]> ToTheEndAsync(TcpPeer client)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[4096];
        try
        {
            for (int read; (read = await client.ReadAsync(buffer)) > 0;)
            {
                bytes.Write(buffer, 0, read);
            }
        }
        catch (SocketException)
        {
            bytes.Write("<reset>"u8);
        }

        return bytes.ToArray();
    }

    private static Task<HttpTestGateway> StartAsync(RecordingTcpServer backend, ListenerTransport transport) =>
        HttpTestGateway.StartAsync(
            HttpTestGateway.Config($"http://{backend.Address}/", listener => listener with { Transport = transport }));

    private static async Task ReadHeadAsync(TcpPeer peer)
    {
        while ((await peer.ReadLineAsync()).Length > 0)
        {
        }
    }

    private static string OutcomeIn(string line) =>
        string.Join(
            ' ',
            line.Split(' ').Where(
                field => field.StartsWith("status=", StringComparison.Ordinal) || field.StartsWith("error=", StringComparison.Ordinal)));
}
