using System.Net.Sockets;
using System.Text;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tests.Tcp.Engines;

/// <content>What a pipeline does before the relay: wait, read to the byte, send first bytes. No readiness may be lost on the way.</content>
public abstract partial class TcpEngineTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(100)]
    public async Task Prelude_HeaderInPieces_IsReadToTheByteAndTheRestIsRelayed(int segmentBytes)
    {
        const string Header = "HEADER!";
        var wire = Encoding.ASCII.GetBytes(Header + "payload that follows at once");
        var header = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var bench = EngineBench.Start(CreateEngine());
        bench.Serve = async connection =>
        {
            header.SetResult(await ReadHeaderAsync(connection, Header.Length));
            await bench.RelayAsync(connection);
        };

        var client = await bench.ConnectAsync();
        foreach (var segment in wire.Chunk(segmentBytes))
        {
            await client.WriteAsync(segment);
        }

        Assert.Equal(Header, await header.Task.Within());
        var backend = await bench.AcceptAsync();
        Assert.Equal(wire[Header.Length..], await backend.ReadAsync(wire.Length - Header.Length));
        client.Shutdown(SocketShutdown.Send);
        Assert.Empty(await backend.ReadToEndAsync());
        backend.Dispose();
        Assert.Equal(wire.Length - Header.Length, (await bench.NextResultAsync()).ClientToBackendBytes);
    }

    [Fact]
    public async Task Prelude_FinComesWithTheHeader_IsPassedOn()
    {
        await using var bench = EngineBench.Start(CreateEngine());
        bench.Serve = async connection =>
        {
            await ReadHeaderAsync(connection, 4);
            await bench.RelayAsync(connection);
        };

        var client = await bench.ConnectAsync();
        await client.WriteAsync("HEADrest"u8.ToArray());
        client.Shutdown(SocketShutdown.Send);

        var backend = await bench.AcceptAsync();
        Assert.Equal("rest"u8.ToArray(), await backend.ReadToEndAsync());
        await backend.WriteAsync(Request);
        Assert.Equal(Request, await client.ReadAsync(Request.Length));
    }

    [Fact]
    public async Task Prelude_HeaderSentToTheBackendFirst_ComesBeforeThePayload()
    {
        await using var bench = EngineBench.Start(CreateEngine());
        bench.Serve = async connection =>
        {
            var dialed = await connection.ConnectAsync(
                new ConnectRequest { Destination = bench.BackendEndPoint, Timeout = TestSockets.Limit });
            var sent = await dialed.Connection!.SendAllAsync("PROXY "u8.ToArray(), TestSockets.Limit);
            Assert.Equal(new IoResult(6, SocketError.Success), sent);
            await connection.RelayAsync(dialed.Connection, bench.RelayOptions);
        };
        var client = await bench.ConnectAsync();
        await client.WriteAsync(Request);

        var backend = await bench.AcceptAsync();
        Assert.Equal("PROXY request"u8.ToArray(), await backend.ReadAsync(13));
    }

    [Fact]
    public async Task MayHaveBytes_SaysWhetherAReceiveIsWorthIt()
    {
        await using var bench = Bench(
            static async (_, connection) =>
            {
                await connection.WaitReadableAsync(TestSockets.Limit);
                var before = connection.MayHaveBytes;
                var read = connection.Receive(new byte[64]);
                return (before, read.Bytes, connection.MayHaveBytes);
            },
            out var seen);
        await (await bench.ConnectAsync()).WriteAsync(Request);

        Assert.Equal((true, Request.Length, false), await seen);
    }

    [Fact]
    public async Task WaitReadable_Silence_TimesOut()
    {
        await using var bench = Bench((_, connection) => WaitAsync(connection, TimeSpan.FromMilliseconds(150)), out var waited);
        _ = await bench.ConnectAsync();

        Assert.Equal(SocketError.TimedOut, await waited);
    }

    [Fact]
    public async Task WaitReadable_TimedOutOnce_WorksAgain()
    {
        var timedOut = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var bench = Bench(
            async (_, connection) =>
            {
                var first = await connection.WaitReadableAsync(TimeSpan.FromMilliseconds(100));
                timedOut.SetResult();
                var second = await connection.WaitReadableAsync(Timeout.InfiniteTimeSpan);
                return (first, second, connection.Receive(new byte[10]));
            },
            out var served);
        var client = await bench.ConnectAsync();
        await timedOut.Task.Within();
        await client.WriteAsync(Request);

        Assert.Equal((SocketError.TimedOut, SocketError.Success, new IoResult(7, SocketError.Success)), await served);
    }

    [Fact]
    public async Task WaitReadable_ClientCloses_ReceiveSaysEndOfStream()
    {
        await using var bench = Bench(
            async (_, connection) => (await connection.WaitReadableAsync(TestSockets.Limit), connection.Receive(new byte[10])),
            out var served);
        (await bench.ConnectAsync()).Dispose();

        Assert.Equal((SocketError.Success, new IoResult(0, SocketError.Success)), await served);
    }

    [Fact]
    public async Task WaitReadable_ClientResets_SomeOperationSaysSo()
    {
        await using var bench = Bench(
            async (_, connection) => await connection.WaitReadableAsync(TestSockets.Limit) is var error and not SocketError.Success
                ? error
                : connection.Receive(new byte[10]).Error,
            out var served);
        (await bench.ConnectAsync()).Reset();

        Assert.Equal(SocketError.ConnectionReset, await served);
    }

    [Fact]
    public async Task Receive_NothingThere_WouldBlock()
    {
        await using var bench = Bench((_, connection) => Task.FromResult(connection.Receive(new byte[10])), out var served);
        _ = await bench.ConnectAsync();

        Assert.Equal(new IoResult(0, SocketError.WouldBlock), await served);
    }

    [Fact]
    public async Task Abort_WhileWaiting_EndsTheWaitAndEverythingAfterIt()
    {
        await using var bench = Bench(
            async (_, connection) =>
            {
                var waiting = connection.WaitReadableAsync(Timeout.InfiniteTimeSpan);
                var aborting = Task.Run(() => connection.Abort(CloseReason.Drain));
                var waited = await waiting;
                await aborting.Within();
                await connection.EnterAsync();
                var sent = await connection.SendAllAsync(Request, TestSockets.Limit);
                return (waited,
                    await connection.WaitReadableAsync(TestSockets.Limit),
                    connection.Receive(new byte[1]).Error,
                    sent.Error,
                    connection.AbortReason);
            },
            out var served);
        _ = await bench.ConnectAsync();

        const SocketError Aborted = SocketError.OperationAborted;
        Assert.Equal((Aborted, Aborted, Aborted, Aborted, CloseReason.Drain), await served);
    }

    [Fact]
    public async Task SendAll_SlowReader_SendsAllOfIt()
    {
        var data = TestSockets.RandomBytes(24 << 20, seed: 12);
        await using var bench = Bench(
            async (_, connection) =>
            {
                var sent = await connection.SendAllAsync(data, TestSockets.Limit);
                connection.Close();
                return sent;
            },
            out var served);
        var client = await bench.ConnectAsync();

        TestSockets.AssertSame(data, await client.ReadToEndAsync());
        Assert.Equal(new IoResult(data.Length, SocketError.Success), await served);
    }

    [Fact]
    public async Task SendAll_ReaderStops_TimesOutAndSaysHowMuchWasTaken()
    {
        var data = new byte[256 << 20];
        await using var bench = Bench(
            async (_, connection) => await connection.SendAllAsync(data, TimeSpan.FromMilliseconds(200)),
            out var served);
        _ = await bench.ConnectAsync();

        var sent = await served;
        Assert.Equal(SocketError.TimedOut, sent.Error);
        Assert.InRange(sent.Bytes, 1, data.Length - 1);
    }

    [Fact]
    public async Task Close_AfterAnOrderlyEnd_SendsFin_ResetSendsRst()
    {
        await using var bench = EngineBench.Start(CreateEngine());
        var count = 0;
        bench.Serve = async connection =>
        {
            await connection.WaitReadableAsync(TestSockets.Limit);
            connection.Receive(new byte[1]);
            if (Interlocked.Increment(ref count) == 1)
            {
                connection.Close();
                connection.Reset();
            }
            else
            {
                connection.Reset();
                connection.Close();
            }
        };
        var first = await bench.ConnectAsync();
        await first.WriteAsync(new byte[1]);
        Assert.Equal(SocketError.Success, await first.ReadUntilErrorAsync());

        var second = await bench.ConnectAsync();
        await second.WriteAsync(new byte[1]);
        Assert.Equal(SocketError.ConnectionReset, await second.ReadUntilErrorAsync());
    }

    [Fact]
    public async Task Reset_FromAnotherThread_ResetsOnce()
    {
        await using var bench = Bench(
            async (_, connection) =>
            {
                await connection.WaitReadableAsync(TestSockets.Limit);
                await Task.Run(connection.Reset).Within();
                await Task.Run(connection.Close).Within();
                return true;
            },
            out var served);
        var client = await bench.ConnectAsync();
        await client.WriteAsync(Request);

        Assert.True(await served);
        Assert.Equal(SocketError.ConnectionReset, await client.ReadUntilErrorAsync());
    }

    [Fact]
    public async Task EndPoints_OfAnAcceptedConnection_AreTheSockets()
    {
        await using var bench = Bench(
            (_, connection) => Task.FromResult((connection.RemoteEndPoint, connection.LocalEndPoint)),
            out var served);
        var client = await bench.ConnectAsync();

        var (remote, local) = await served;
        Assert.Equal(client.LocalEndPoint, remote);
        Assert.Equal(client.RemoteEndPoint, local);
    }

    private static async Task<SocketError> WaitAsync(TcpConnection connection, TimeSpan timeout) =>
        await connection.WaitReadableAsync(timeout);

    private static async Task<string> ReadHeaderAsync(TcpConnection connection, int length)
    {
        var header = new byte[length];
        for (var have = 0; have < length;)
        {
            Assert.Equal(SocketError.Success, await connection.WaitReadableAsync(TestSockets.Limit));
            var read = connection.Receive(header.AsSpan(have));
            Assert.Contains(read.Error, new[] { SocketError.Success, SocketError.WouldBlock });
            have += read.Bytes;
        }

        return Encoding.ASCII.GetString(header);
    }
}
