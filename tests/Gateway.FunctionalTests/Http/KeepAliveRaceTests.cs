using Gateway.Testing.Network;

namespace Gateway.FunctionalTests.Http;

/// <summary>A destination closes a used connection at the moment the next request arrives.</summary>
public sealed class KeepAliveRaceTests
{
    [Theory]
    [InlineData("GET", true)]
    [InlineData("GET", false)]
    [InlineData("DELETE", true)]
    [InlineData("PUT", false)]
    public async Task UsedConnectionEnds_BodilessIdempotentRequest_IsSentOnceMore(string method, bool isReset)
    {
        await using var backend = new Racing(isReset, diesAlways: false);
        await using var gateway = await StartAsync(backend);

        Assert.Equal("HTTP/1.1 200 OK", await AskAsync(gateway, method));
        Assert.Equal("HTTP/1.1 200 OK", await AskAsync(gateway, method));
        Assert.Equal(3, backend.Requests);
    }

    [Theory]
    [InlineData("POST", "Content-Length: 0\r\n\r\n")]
    [InlineData("PATCH", "Content-Length: 0\r\n\r\n")]
    [InlineData("PUT", "Content-Length: 3\r\n\r\nabc")]
    public async Task UsedConnectionEnds_OtherRequest_IsNotSentAgain(string method, string rest)
    {
        await using var backend = new Racing(isReset: false, diesAlways: false);
        await using var gateway = await StartAsync(backend);

        Assert.Equal("HTTP/1.1 200 OK", await AskAsync(gateway, "GET"));
        Assert.Equal("HTTP/1.1 502 Bad Gateway", await AskAsync(gateway, method, rest));
        Assert.Equal(2, backend.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task NewConnectionEnds_IsNotSentAgain(bool isReset)
    {
        await using var backend = new Racing(isReset, diesAlways: true);
        await using var gateway = await StartAsync(backend);

        Assert.Equal("HTTP/1.1 502 Bad Gateway", await AskAsync(gateway, "GET"));
        Assert.Equal(1, backend.Requests);
    }

    private static Task<HttpTestGateway> StartAsync(Racing backend) => HttpTestGateway.StartAsync(HttpTestGateway.Config($"http://127.0.0.1:{backend.Port}/"));

    private static async Task<string> AskAsync(HttpTestGateway gateway, string method, string rest = "\r\n")
    {
        using var client = await TcpPeer.ConnectAsync(gateway["web"]);
        await client.SendAsync($"{method} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{rest}");
        var status = await client.ReadLineAsync();
        await client.ReadToEndAsync();
        return status;
    }

    /// <summary>Answers the first request of a connection and dies of the next.</summary>
    private sealed class Racing : IAsyncDisposable
    {
        private readonly RecordingTcpServer _server;
        private int _requests;

        public Racing(bool isReset, bool diesAlways) => _server = RecordingTcpServer.Start(async peer =>
        {
            for (var isFirst = !diesAlways; await peer.WaitForFirstByteAsync() > 0; isFirst = false)
            {
                while ((await peer.ReadLineAsync()).Length > 0)
                {
                }

                Interlocked.Increment(ref _requests);
                if (!isFirst)
                {
                    if (isReset)
                    {
                        peer.Reset();
                    }

                    return;
                }

                await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            }
        });

        public int Port => _server.Port;

        public int Requests => Volatile.Read(ref _requests);

        public ValueTask DisposeAsync() => _server.DisposeAsync();
    }
}
