using System.Net;
using System.Net.Sockets;
using Gateway.Http.Backends;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Linux;
using Gateway.Tests.Tcp.Engines;

namespace Gateway.Tests.Http.Backends;

/// <summary>A destination's connection on a loop, as the HTTP client reads and writes it.</summary>
public sealed class LoopStreamTests : IAsyncDisposable
{
    private readonly LinuxTcpEngine _engine;
    private readonly Socket _server = TestSockets.Listen();
    private readonly ConnectionLimit _limit = new();

    public LoopStreamTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The Linux engine needs Linux.");
        _engine = new LinuxTcpEngine(new LinuxEngineOptions { LoopCount = 1 });
    }

    private EngineLoop Loop => ((ITcpEngine)_engine).Loops[0];

    public async ValueTask DisposeAsync()
    {
        _server.Dispose();
        await _engine.DisposeAsync();
    }

    /// <summary>An HTTP client takes a while to close its connections, and all connections of the loop would wait for it.</summary>
    [Fact]
    public async Task Open_RoomIsWhatIsIdle_IsClosedOffTheLoop()
    {
        var limit = new ConnectionLimit(null, possible: 1);
        limit.Acquire(ConnectionKind.Own);
        bool? onPool = null;
        limit.MakeRoom = () => onPool is not null ? null : () =>
        {
            onPool = Thread.CurrentThread.IsThreadPoolThread;
            limit.Release(ConnectionKind.Own);
        };
        await Loop.EnterAsync();
        Assert.False(Thread.CurrentThread.IsThreadPoolThread);

        await Assert.ThrowsAsync<SocketException>(async () => await LoopStream.OpenAsync(
            Loop, limit, ConnectionKind.Own, () => throw new SocketException((int)SocketError.ConnectionRefused)));

        Assert.True(onPool);
        Assert.Equal(0, limit.Further);
    }

    [Fact]
    public async Task Read_StreamThatNeverRunsDry_LetsOthersRun()
    {
        const int Bytes = 32 << 20;
        var (stream, peer) = await OpenAsync();
        peer.SendBufferSize = 4 << 20;
        var sending = Task.Run(() => peer.Send(new byte[Bytes]), TestContext.Current.CancellationToken);
        var rounds = 0;
        void Count()
        {
            rounds++;
            Loop.RunLater(Count);
        }

        Loop.RunLater(Count);
        var buffer = new byte[64 * 1024];
        for (var left = Bytes; left > 0;)
        {
            left -= await stream.ReadAsync(buffer, TestContext.Current.CancellationToken);
        }

        await sending.Within();
        // 32 MiB are at least 512 reads of 64 KiB, and there is a turn after 16 of them.
        Assert.InRange(rounds, (512 / TurnTakingStream.ReadsPerTurn) - 1, int.MaxValue);
        await stream.DisposeAsync();
        peer.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Read_SocketNeverRunsDry_EndsItsTurns(bool waitsFirst)
    {
        const int Turns = 20;
        var (stream, peer) = await OpenAsync();
        await peer.SendAsync(new byte[Turns * TurnTakingStream.ReadsPerTurn]);
        // A send that had to wait has gone on elsewhere, where the loop may end a read before it is looked at.
        await Loop.EnterAsync();
        var one = new byte[1];
        // Off the loop, a read that ends its turn may have gone on before it is looked at.
        await Loop.EnterAsync();
        Assert.Equal(0, await stream.ReadAsync(Memory<byte>.Empty, TestContext.Current.CancellationToken));

        var ended = 0;
        for (var read = 0; read < Turns * TurnTakingStream.ReadsPerTurn; read++)
        {
            // As YARP does.
            Assert.Equal(0, waitsFirst ? await stream.ReadAsync(Memory<byte>.Empty, TestContext.Current.CancellationToken) : 0);
            var reading = stream.ReadAsync(one, TestContext.Current.CancellationToken);
            ended += reading.IsCompleted ? 0 : 1;
            Assert.Equal(1, await reading);
        }

        Assert.InRange(ended, Turns - 2, Turns);
        peer.Dispose();
    }

    [Fact]
    public async Task Write_IsCancelledWhileThePeerTakesNothing_ThrowsAndTheAnswerCanStillBeRead()
    {
        var (stream, peer) = await OpenAsync();
        using var cancellation = new CancellationTokenSource();
        var writing = stream.WriteAsync(new byte[32 << 20], cancellation.Token).AsTask();
        await peer.SendAsync("answer"u8.ToArray());
        await Task.Run(cancellation.Cancel, TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);

        var buffer = new byte[6];
        await stream.ReadExactlyAsync(buffer, TestContext.Current.CancellationToken);
        Assert.Equal("answer"u8.ToArray(), buffer);
        peer.Dispose();
    }

    [Fact]
    public async Task Read_IsCancelled_ThrowsAndTheNextReadGetsTheBytes()
    {
        var (stream, peer) = await OpenAsync();
        using var cancellation = new CancellationTokenSource();
        var reading = stream.ReadAsync(new byte[8], cancellation.Token).AsTask();
        await Task.Run(cancellation.Cancel, TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);

        await peer.SendAsync("abc"u8.ToArray());
        Assert.Equal(3, await stream.ReadAsync(new byte[8], TestContext.Current.CancellationToken));
        peer.Dispose();
    }

    [Fact]
    public async Task Read_IsCancelledAsItBeginsElsewhere_AlwaysEnds()
    {
        var (stream, peer) = await OpenAsync();
        for (var i = 0; i < 2000; i++)
        {
            using var cancellation = new CancellationTokenSource();
            using var start = new Barrier(2);
            var cancelling = CancelAtAsync(start, cancellation);
            start.SignalAndWait(TestContext.Current.CancellationToken);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => stream.ReadAsync(new byte[8], cancellation.Token).AsTask().Within());
            await cancelling;
        }

        peer.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ReadOrWrite_IsCancelledAsItBeginsOnTheLoop_AlwaysEnds(bool reads)
    {
        var (stream, peer) = await OpenAsync();
        using var full = new CancellationTokenSource();
        var filling = stream.WriteAsync(new byte[32 << 20], full.Token).AsTask();
        await full.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => filling);
        for (var i = 0; i < 2000; i++)
        {
            using var cancellation = new CancellationTokenSource();
            using var start = new Barrier(2);
            var cancelling = CancelAtAsync(start, cancellation);
            await Loop.EnterAsync();
            start.SignalAndWait(TestContext.Current.CancellationToken);
            var doing = reads
                ? stream.ReadAsync(new byte[8], cancellation.Token).AsTask()
                : stream.WriteAsync(new byte[8], cancellation.Token).AsTask();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => doing.Within());
            await cancelling;
        }

        peer.Dispose();
    }

    [Fact]
    public async Task FirstUse_ReadAndWriteOnTwoThreads_BothGoOn()
    {
        for (var i = 0; i < 200; i++)
        {
            var (stream, peer) = await OpenAsync();
            using var start = new Barrier(2);
            var writing = Task.Run(
                async () =>
                {
                    start.SignalAndWait();
                    await stream.WriteAsync("question"u8.ToArray());
                },
                TestContext.Current.CancellationToken);
            start.SignalAndWait(TestContext.Current.CancellationToken);
            var reading = stream.ReadAsync(new byte[8]).AsTask();
            await writing.Within();
            await peer.SendAsync("answer"u8.ToArray());

            Assert.Equal(6, await reading.Within());
            await stream.DisposeAsync();
            peer.Dispose();
        }
    }

    [Fact]
    public async Task Read_Empty_WaitsForBytesAndTakesNone()
    {
        var (stream, peer) = await OpenAsync();
        var waiting = stream.ReadAsync(Memory<byte>.Empty, TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        await peer.SendAsync("abc"u8.ToArray());
        Assert.Equal(0, await waiting);
        Assert.Equal(3, await stream.ReadAsync(new byte[8], TestContext.Current.CancellationToken));
        peer.Dispose();
    }

    [Fact]
    public async Task Read_ManyWaitWithoutAToken_AllocatesNothing()
    {
        const int Rounds = 100;
        var streams = new (Stream Stream, Socket Peer)[16];
        for (var i = 0; i < streams.Length; i++)
        {
            streams[i] = await OpenAsync();
        }

        var (buffer, message, reads) = (new byte[8], "abc"u8.ToArray(), new ValueTask<int>[streams.Length]);
        var (before, read) = (0L, 0);
        for (var round = -1; round < Rounds; round++)
        {
            before = round == 0 ? GC.GetAllocatedBytesForCurrentThread() : before;
            for (var i = 0; i < streams.Length; i++)
            {
#pragma warning disable CA2012 // Each is awaited once, below.
                reads[i] = streams[i].Stream.ReadAsync(round % 2 == 0 ? buffer : Memory<byte>.Empty, CancellationToken.None);
#pragma warning restore CA2012
            }

            for (var i = 0; i < streams.Length; i++)
            {
                streams[i].Peer.Send(message);
                var count = await reads[i];
                count += count == 0 ? await streams[i].Stream.ReadAsync(buffer, CancellationToken.None) : 0;
                read += count;
            }
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal((Rounds + 1) * streams.Length * message.Length, read);
        // A state machine for each read would be some hundred bytes each.
        Assert.InRange(allocated, 0, Rounds * streams.Length * 16);
        foreach (var (stream, peer) in streams)
        {
            await stream.DisposeAsync();
            peer.Dispose();
        }
    }

    [Fact]
    public async Task Read_WaitsWithoutAToken_EndsWithWhatTheConnectionEndsWith()
    {
        var (stream, peer) = await OpenAsync();
        var reading = stream.ReadAsync(new byte[8], CancellationToken.None);
        Assert.False(reading.IsCompleted);
        peer.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await reading);
        peer.Dispose();

        (stream, peer) = await OpenAsync();
        reading = stream.ReadAsync(new byte[8], CancellationToken.None);
        peer.Close(0);
        var failed = await Assert.ThrowsAsync<IOException>(async () => await reading);
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(failed.InnerException).SocketErrorCode);

        (stream, peer) = await OpenAsync();
        reading = stream.ReadAsync(new byte[8], CancellationToken.None);
        await Task.Run(stream.Dispose, TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<IOException>(async () => await reading);
        peer.Dispose();
    }

    [Fact]
    public async Task Dispose_FromAnotherThread_EndsAWaitingReadAndGivesThePlaceBack()
    {
        var (stream, peer) = await OpenAsync();
        Assert.Equal(1, _limit.Further);
        var reading = stream.ReadAsync(new byte[8], TestContext.Current.CancellationToken).AsTask();
        await Task.Run(stream.Dispose, TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<IOException>(() => reading.Within());
        Assert.Equal(0, _limit.Further);
        peer.Dispose();
    }

    [Fact]
    public async Task Open_ConnectFails_GivesThePlaceBack()
    {
        await Assert.ThrowsAsync<SocketException>(async () => await LoopStream.OpenAsync(
            Loop, _limit, ConnectionKind.Shared, () => throw new SocketException((int)SocketError.ConnectionRefused)));
        Assert.Equal(0, _limit.Further);
    }

    // Cancels in the moment in which the other comes to the barrier.
    private static Task CancelAtAsync(Barrier start, CancellationTokenSource cancellation) => Task.Run(() =>
    {
        start.SignalAndWait();
        cancellation.Cancel();
    });

    // The caller continues on the loop.
    private async Task<(Stream Stream, Socket Peer)> OpenAsync()
    {
        var accepting = _server.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        var stream = await LoopStream.OpenAsync(Loop, _limit, ConnectionKind.Shared, async () =>
        {
            var request = new ConnectRequest { Destination = (IPEndPoint)_server.LocalEndPoint!, Timeout = TestSockets.Limit };
            return (await Loop.CreateConnector(CancellationToken.None).ConnectAsync(request)).Connection!;
        });
        var peer = await accepting.Within();
        await Loop.EnterAsync();
        return (stream, peer);
    }
}
