using System.Net.Sockets;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tests.Tcp.Engines;

public abstract partial class TcpEngineTests
{
    private protected static readonly byte[] Request = "request"u8.ToArray();

    [Fact]
    public async Task Relay_ClientHalfCloses_BackendStillAnswersInFull()
    {
        await using var bench = Bench();
        var (client, backend) = await bench.ConnectPairAsync();
        var answer = TestSockets.RandomBytes(5 << 20, seed: 5);

        await client.WriteAsync(Request);
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(Request, await backend.ReadToEndAsync());
        var reading = client.ReadToEndAsync();
        await backend.WriteAsync(answer);
        backend.Dispose();

        TestSockets.AssertSame(answer, await reading);
        Assert.Equal(new RelayResult(CloseReason.ClientFin, Request.Length, answer.Length, SocketError.Success), await bench.NextResultAsync());
    }

    [Fact]
    public async Task Relay_BackendHalfCloses_ClientStillSendsInFull()
    {
        await using var bench = Bench();
        var (client, backend) = await bench.ConnectPairAsync();
        var upload = TestSockets.RandomBytes(5 << 20, seed: 6);

        await backend.WriteAsync(Request);
        backend.Shutdown(SocketShutdown.Send);
        Assert.Equal(Request, await client.ReadToEndAsync());
        var reading = backend.ReadToEndAsync();
        await client.WriteAsync(upload);
        client.Dispose();

        TestSockets.AssertSame(upload, await reading);
        Assert.Equal(new RelayResult(CloseReason.BackendFin, upload.Length, Request.Length, SocketError.Success), await bench.NextResultAsync());
    }

    [Fact]
    public async Task Relay_ClientResets_BackendIsReset()
    {
        await using var bench = Bench();
        var (client, backend) = await bench.ConnectPairAsync();
        await client.WriteAsync(Request);
        await backend.ReadAsync(Request.Length);

        client.Reset();

        Assert.Equal(SocketError.ConnectionReset, await backend.ReadUntilErrorAsync());
        var result = await bench.NextResultAsync();
        Assert.Equal(new RelayResult(CloseReason.ClientReset, Request.Length, 0, SocketError.ConnectionReset), result);
    }

    [Fact]
    public async Task Relay_BackendResets_ClientIsReset()
    {
        await using var bench = Bench();
        var (client, backend) = await bench.ConnectPairAsync();
        await client.WriteAsync(Request);
        await backend.ReadAsync(Request.Length);

        backend.Reset();

        Assert.Equal(SocketError.ConnectionReset, await client.ReadUntilErrorAsync());
        var result = await bench.NextResultAsync();
        Assert.Equal(new RelayResult(CloseReason.BackendReset, Request.Length, 0, SocketError.ConnectionReset), result);
    }

    [Fact]
    public async Task Relay_BackendResetsAfterTheClientsFin_ClientIsReset()
    {
        await using var bench = Bench();
        var (client, backend) = await bench.ConnectPairAsync();
        client.Shutdown(SocketShutdown.Send);
        Assert.Empty(await backend.ReadToEndAsync());

        backend.Reset();

        Assert.Equal(SocketError.ConnectionReset, await client.ReadUntilErrorAsync());
        Assert.Equal(CloseReason.BackendReset, (await bench.NextResultAsync()).End);
    }

    [Fact]
    public async Task Relay_BackendAnswersEarlyAndCloses_ClientGetsTheAnswer()
    {
        await using var bench = Bench();
        var (client, backend) = await bench.ConnectPairAsync();
        var sending = client.SendStreamAsync(64 << 20, seed: 23);
        await backend.ReadAsync(1 << 20);

        // Unread bytes are left, so this close is a RST behind the answer.
        await backend.WriteAsync(Request);
        backend.Close();

        Assert.Equal(Request, await client.ReadAsync(Request.Length));
        Assert.Equal(CloseReason.BackendReset, (await bench.NextResultAsync()).End);
        await Assert.ThrowsAnyAsync<SocketException>(() => sending);
    }

    [Fact]
    public async Task Relay_BackendResetsBehindAnAnswerThatNobodyReads_EndsAllTheSame()
    {
        await using var bench = Bench();
        var (client, backend) = await bench.ConnectPairAsync();
        var sending = client.SendStreamAsync(256 << 20, seed: 25);
        var answering = backend.SendStreamAsync(256 << 20, seed: 26);
        await Assert.ThrowsAsync<TimeoutException>(() => Task.WhenAll(sending, answering).WaitAsync(TimeSpan.FromSeconds(1)));

        backend.Reset();

        Assert.Equal(CloseReason.BackendReset, (await bench.NextResultAsync()).End);
        await Assert.ThrowsAnyAsync<Exception>(() => sending.Within());
        await Assert.ThrowsAnyAsync<Exception>(() => answering.Within());
    }

    [Fact]
    public async Task Relay_ResetsWhileStreaming_EndsAndCountsWhatWasSent()
    {
        await using var bench = Bench();
        var (client, backend) = await bench.ConnectPairAsync();
        await client.WriteAsync(TestSockets.RandomBytes(4 << 20, seed: 10)).Within();
        _ = await backend.ReadAsync(1 << 20);

        client.Reset();

        var error = await backend.ReadUntilErrorAsync();
        var result = await bench.NextResultAsync();
        Assert.Equal(SocketError.ConnectionReset, error);
        Assert.Equal(CloseReason.ClientReset, result.End);
        Assert.InRange(result.ClientToBackendBytes, 1 << 20, 4 << 20);
    }

    [Fact]
    public async Task Relay_PeersResetBetweenEvents_EveryRelayEnds()
    {
        const int Connections = 100;
        await using var bench = Bench();
        var pairs = new List<(Socket Client, Socket Backend)>();
        for (var index = 0; index < Connections; index++)
        {
            var (client, backend) = await bench.ConnectPairAsync();
            client.Send(Request);
            await backend.ReadAsync(Request.Length);
            pairs.Add((client, backend));
        }

        // Bytes, FIN and RST of both sides in one go: whatever an engine reads first, the rest is already there.
        foreach (var (client, backend) in pairs)
        {
            client.Send(Request);
            backend.Send(Request);
            client.Reset();
            backend.Reset();
        }

        for (var index = 0; index < Connections; index++)
        {
            Assert.Contains((await bench.NextResultAsync()).End, new[] { CloseReason.ClientReset, CloseReason.BackendReset });
        }
    }
}
