using System.Net.Sockets;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Linux;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tests.Tcp.Engines;

public sealed partial class LinuxTcpEngineTests
{
    private const int ENFile = 23;
    private const int ENoMem = 12;
    private const int ENoSpc = 28;
    private const int EConnAborted = 103;

    [Theory]
    [InlineData(EmFile, SocketError.TooManyOpenSockets)]
    [InlineData(ENFile, SocketError.TooManyOpenSockets)]
    [InlineData(ENoMem, SocketError.NoBufferSpaceAvailable)]
    public async Task Accept_OutOfDescriptorsOrMemory_PausesAndGoesOn(int errno, SocketError expected)
    {
        var faultsLeft = 3;
        var reported = new List<SocketError>();
        var engine = CreateEngine(new LinuxEngineOptions { LoopCount = 1, AcceptFault = () => faultsLeft-- > 0 ? errno : 0 });
        await using var bench = EngineBench.Start(engine, listen: new TcpListenOptions { OnAcceptError = reported.Add });

        var (client, backend) = await bench.ConnectPairAsync();
        await client.WriteAsync(Request);

        Assert.Equal(Request, await backend.ReadAsync(Request.Length));
        Assert.Equal([expected, expected, expected], reported);
    }

    [Theory]
    [InlineData(ENoSpc)]
    [InlineData(ENoMem)]
    public async Task Accept_NoWatchToBeHad_PausesAndLosesNobody(int errno)
    {
        // The listening socket's watch is the first; then three times none.
        var watches = 0;
        var reported = new List<SocketError>();
        var engine = CreateEngine(new LinuxEngineOptions { LoopCount = 1, WatchFault = () => ++watches is > 1 and < 5 ? errno : 0 });
        await using var bench = EngineBench.Start(engine, listen: new TcpListenOptions { OnAcceptError = reported.Add });

        var (client, backend) = await bench.ConnectPairAsync();
        await client.WriteAsync(Request);

        Assert.Equal(Request, await backend.ReadAsync(Request.Length));
        Assert.Equal(
            [SocketError.NoBufferSpaceAvailable, SocketError.NoBufferSpaceAvailable, SocketError.NoBufferSpaceAvailable],
            reported);
    }

    [Fact]
    public async Task Listen_NoWatchToBeHadAtFirst_TriesAgain()
    {
        var watches = 0;
        var reported = new List<SocketError>();
        var engine = CreateEngine(new LinuxEngineOptions { LoopCount = 1, WatchFault = () => ++watches < 3 ? ENoSpc : 0 });
        await using var bench = EngineBench.Start(engine, listen: new TcpListenOptions { OnAcceptError = reported.Add });

        var (client, backend) = await bench.ConnectPairAsync();
        await client.WriteAsync(Request);

        Assert.Equal(Request, await backend.ReadAsync(Request.Length));
        Assert.Equal([SocketError.NoBufferSpaceAvailable, SocketError.NoBufferSpaceAvailable], reported);
    }

    [Fact]
    public async Task Stop_BeforeAListenerHasAWatch_TakesWhoWaits()
    {
        var paused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var watches = 0;
        var engine = CreateEngine(new LinuxEngineOptions { LoopCount = 1, WatchFault = () => ++watches == 1 ? ENoSpc : 0 });
        await using var bench = EngineBench.Start(engine, listen: new TcpListenOptions { OnAcceptError = _ => paused.TrySetResult() });
        await paused.Task.Within();
        var client = await bench.ConnectAsync();

        await bench.Listener.StopAsync().Within();

        var backend = await bench.AcceptAsync();
        await client.WriteAsync(Request);
        Assert.Equal(Request, await backend.ReadAsync(Request.Length));
    }

    [Fact]
    public async Task Relay_BackendResetsBehindItsFin_ASlowClientGetsTheWholeAnswer()
    {
        await using var bench = EngineBench.Start(CreateEngine());
        var (client, backend) = await bench.ConnectPairAsync();
        var answer = TestSockets.RandomBytes(2 << 20, seed: 27);
        await backend.WriteAsync(answer);
        backend.Shutdown(SocketShutdown.Send);
        // All of it is with the gateway, or on its way to the client.
        await Eventually(() => backend.TcpState() == TestSockets.FinWait2);

        backend.Reset();
        // Nothing tells from outside that the RST has arrived: the client's next bytes meet it, now or in the kernel.
        await client.WriteAsync(Request);

        TestSockets.AssertSame(answer, await client.ReadToEndAsync());
        client.Dispose();
        var result = await bench.NextResultAsync();
        Assert.Equal((CloseReason.BackendReset, (long)answer.Length), (result.End, result.BackendToClientBytes));
    }

    [Fact]
    public async Task Relay_BothWaysStalled_BackendResetsBehindItsFin_ClientGetsTheWholeAnswer()
    {
        const int SmallBuffer = 8192;
        TcpConnection? relayed = null;
        await using var bench = EngineBench.Start(CreateEngine(new LinuxEngineOptions { LoopCount = 1 }), serve: (bench, connection) =>
        {
            relayed = connection;
            SetBuffers(connection, SmallBuffer);
            return bench.RelayAsync(connection, prepare: backend => SetBuffers(backend, SmallBuffer));
        });
        var client = await bench.ConnectAsync(receiveBufferBytes: SmallBuffer);
        var backend = await bench.AcceptAsync();
        var answer = TestSockets.RandomBytes(96 << 10, seed: 28);

        // The upload stalls: the backend reads nothing. Then the answer does: the client reads nothing.
        var loop = LoopOf(relayed!);
        await StallAsync(client, loop, () => relayed!.Relayed.ToBackend);
        await backend.WriteAsync(answer);
        backend.Shutdown(SocketShutdown.Send);
        await Eventually(() => backend.TcpState() == TestSockets.FinWait2);
        await LoopAllocations.ReadAsync(loop);
        Assert.InRange(relayed!.Relayed.ToClient, 1, answer.Length - 1);

        backend.Reset();
        await LoopAllocations.ReadAsync(loop);

        TestSockets.AssertSame(answer, await client.ReadToEndAsync());
        client.Dispose();
        var result = await bench.NextResultAsync();
        Assert.Equal((CloseReason.BackendReset, (long)answer.Length), (result.End, result.BackendToClientBytes));
    }

    [Fact]
    public async Task Stop_WhileAConnectionWaitsForAWatch_ResetsIt()
    {
        var watches = 0;
        var paused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var engine = CreateEngine(new LinuxEngineOptions { LoopCount = 1, WatchFault = () => ++watches > 1 ? ENoSpc : 0 });
        await using var bench = EngineBench.Start(engine, listen: new TcpListenOptions { OnAcceptError = _ => paused.TrySetResult() });
        var client = await bench.ConnectAsync();
        await paused.Task.Within();

        await bench.Listener.StopAsync().Within();

        Assert.Equal(SocketError.ConnectionReset, await client.ReadUntilErrorAsync());
    }

    [Fact]
    public async Task Connect_NoWatchToBeHad_IsForWantOfResources()
    {
        var watches = 0;
        var engine = CreateEngine(new LinuxEngineOptions { LoopCount = 1, WatchFault = () => ++watches > 2 ? ENoSpc : 0 });
        var dialed = new TaskCompletionSource<ConnectResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var bench = EngineBench.Start(
            engine,
            serve: async (bench, connection) =>
            {
                dialed.SetResult(
                    await connection.ConnectAsync(new ConnectRequest { Destination = bench.BackendEndPoint, Timeout = TestSockets.Limit }));
                connection.Reset();
            });
        await bench.ConnectAsync();

        var result = await dialed.Task.Within();
        Assert.Equal(
            (null, ConnectFailure.Resources, SocketError.NoBufferSpaceAvailable),
            (result.Connection, result.Failure, result.Error));
    }

    [Fact]
    public async Task Accept_ConnectionAbortedInTheQueue_IsSkipped()
    {
        var faultsLeft = 1;
        var reported = new List<SocketError>();
        var engine = CreateEngine(new LinuxEngineOptions { LoopCount = 1, AcceptFault = () => faultsLeft-- > 0 ? EConnAborted : 0 });
        await using var bench = EngineBench.Start(engine, listen: new TcpListenOptions { OnAcceptError = reported.Add });

        var (client, backend) = await bench.ConnectPairAsync();
        await client.WriteAsync(Request);

        Assert.Equal(Request, await backend.ReadAsync(Request.Length));
        Assert.Empty(reported);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Relay_RoundTrips_AllocateNothing(bool overAStream)
    {
        var engine = CreateEngine(new LinuxEngineOptions { LoopCount = 1 });
        var accepted = new TaskCompletionSource<TcpConnection>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var bench = EngineBench.Start(
            engine,
            serve: (bench, connection) =>
            {
                accepted.TrySetResult(connection);
                return bench.RelayAsync(
                    connection,
                    overBackend: overAStream
                        ? backend => Task.FromResult<RelaySide>(new StreamSide(new ConnectionStream(backend), backend))
                        : null);
            });
        var (client, backend) = await bench.ConnectPairAsync();
        var loop = LoopOf(await accepted.Task.Within());
        await ExchangeAsync(200);
        var before = await LoopAllocations.ReadAsync(loop);

        await ExchangeAsync(1000);

        var allocated = await LoopAllocations.ReadAsync(loop) - before;
        Assert.InRange(allocated, 0, 1000);

        async Task ExchangeAsync(int turns)
        {
            for (var turn = 0; turn < turns; turn++)
            {
                await client.WriteAsync(Request);
                await backend.ReadAsync(Request.Length);
            }
        }
    }

    private static EventLoop LoopOf(TcpConnection connection) => ((LinuxTcpConnection)connection).Socket.Loop;

    private static void SetBuffers(TcpConnection connection, int bytes)
    {
        var fd = ((LinuxTcpConnection)connection).Socket.Fd;
        Assert.Equal(0, Gateway.Linux.Syscalls.SetOption(fd, new Gateway.Linux.SocketOption(1, 7), bytes));
    }

    /// <summary>Sends until neither the socket nor the relay takes any more.</summary>
    private static async Task StallAsync(Socket socket, EventLoop loop, Func<long> relayed)
    {
        var block = new byte[64 * 1024];
        socket.Blocking = false;
        var (before, isFull) = (-1L, false);
        while (!isFull || relayed() != before)
        {
            before = relayed();
            isFull = socket.Send(block, SocketFlags.None, out var error) == 0 && error == SocketError.WouldBlock;
            await LoopAllocations.ReadAsync(loop);
        }
    }

    /// <summary>What the loop's thread has allocated so far.</summary>
    private sealed class LoopAllocations : ILoopWork
    {
        private readonly TaskCompletionSource<long> _bytes = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public static Task<long> ReadAsync(EventLoop loop)
        {
            var work = new LoopAllocations();
            Assert.True(loop.Post(work));
            return work._bytes.Task.Within();
        }

        public void RunOnLoop() => _bytes.SetResult(GC.GetAllocatedBytesForCurrentThread());
    }
}
