using System.Net.Sockets;
using Gateway.Tcp.Engines.Linux;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tests.Tcp.Engines;

public sealed partial class LinuxTcpEngineTests
{
    private const int EmFile = 24;
    private const int EPerm = 1;

    [Fact]
    public async Task Relay_Stream_IsSplicedAndHoldsNoPipeAfterwards()
    {
        var engine = CreateEngine(new LinuxEngineOptions { LoopCount = 1 });
        await using var bench = EngineBench.Start(engine);
        var (client, backend) = await bench.ConnectPairAsync();
        Assert.Equal(0, engine.PipeCount);

        for (var turn = 0; turn < 3; turn++)
        {
            var bulk = TestSockets.RandomBytes(16 << 20, seed: turn);
            var reading = backend.ReadAsync(bulk.Length);
            await client.WriteAsync(bulk);
            TestSockets.AssertSame(bulk, await reading);
            Assert.InRange(engine.PipeCount, 1, 2);
            await Eventually(() => engine.PipesInUse == 0);

            // Back to small exchanges on the same connection, in both directions.
            for (var small = 0; small < 20; small++)
            {
                await backend.WriteAsync(Request);
                Assert.Equal(Request, await client.ReadAsync(Request.Length));
                await client.WriteAsync(Request);
                Assert.Equal(Request, await backend.ReadAsync(Request.Length));
            }
        }
    }

    [Fact]
    public async Task Relay_SmallExchanges_NeedNoPipe()
    {
        var engine = CreateEngine(new LinuxEngineOptions { LoopCount = 1 });
        await using var bench = EngineBench.Start(engine);
        var (client, backend) = await bench.ConnectPairAsync();

        for (var turn = 0; turn < 200; turn++)
        {
            await client.WriteAsync(Request);
            await backend.ReadAsync(Request.Length);
        }

        Assert.Equal(0, engine.PipeCount);
    }

    [Theory]
    [InlineData(EmFile)]
    [InlineData(EPerm)]
    public async Task Relay_NoPipeToBeHad_StreamsByReadAndWrite(int errno)
    {
        var engine = CreateEngine(new LinuxEngineOptions { LoopCount = 1, PipeFault = () => errno });
        await using var bench = EngineBench.Start(engine);
        var (client, backend) = await bench.ConnectPairAsync();

        var reading = backend.HashStreamAsync();
        var hash = await client.SendStreamAsync(16 << 20, seed: 20);

        Assert.Equal((16L << 20, hash), await reading);
        Assert.Equal(0, engine.PipeCount);
    }

    [Fact]
    public async Task Relay_FewerPipesThanStalledStreams_AllArriveIntact()
    {
        const int Streams = 6;
        var engine = CreateEngine(new LinuxEngineOptions { LoopCount = 1, MaxPipes = 2 });
        await using var bench = EngineBench.Start(engine);
        var pairs = new List<(Socket Client, Socket Backend)>();
        for (var index = 0; index < Streams; index++)
        {
            pairs.Add(await bench.ConnectPairAsync());
        }

        // All send; the backends start to read one after another, so that most streams stall with bytes held.
        var sending = pairs.Select((pair, index) => pair.Client.SendStreamAsync(12 << 20, seed: index)).ToArray();
        var arrived = new List<(long, string)>();
        foreach (var (_, backend) in pairs)
        {
            arrived.Add(await backend.HashStreamAsync());
            Assert.InRange(engine.PipeCount, 0, 2);
        }

        Assert.Equal((await Task.WhenAll(sending)).Select(hash => (12L << 20, hash)), arrived);
    }

    [Fact]
    public async Task Relay_ResetWithBytesInThePipe_GivesThePipeUp()
    {
        var engine = CreateEngine(new LinuxEngineOptions { LoopCount = 1 });
        await using var bench = EngineBench.Start(engine);
        var (client, backend) = await bench.ConnectPairAsync();
        var sending = client.SendStreamAsync(256 << 20, seed: 21);
        await backend.ReadAsync(8 << 20);
        await Eventually(() => engine.PipesInUse == 1);

        backend.Reset();

        Assert.Equal(CloseReason.BackendReset, (await bench.NextResultAsync()).End);
        await Assert.ThrowsAsync<SocketException>(() => sending);
        Assert.Equal(0, engine.PipesInUse);
    }

    [Fact]
    public async Task Relay_SourceResetsWhileTheDestinationStalls_IsNoticed()
    {
        await using var bench = EngineBench.Start(CreateEngine());
        var (client, backend) = await bench.ConnectPairAsync();
        var sending = client.SendStreamAsync(256 << 20, seed: 22);

        // Held back: the backend reads nothing, and the relay holds bytes that it cannot send.
        await Assert.ThrowsAsync<TimeoutException>(() => sending.WaitAsync(TimeSpan.FromSeconds(1)));
        client.Reset();

        var result = await bench.NextResultAsync();
        Assert.Equal((CloseReason.ClientReset, SocketError.ConnectionReset), (result.End, result.Error));
        await Assert.ThrowsAnyAsync<Exception>(() => sending.Within());
        Assert.Equal(SocketError.ConnectionReset, await backend.ReadUntilErrorAsync());
    }

    [Fact]
    public async Task Relay_StalledStreamHoldsTheOnlyPipe_OthersGoOnAtSpeedWithoutOne()
    {
        var engine = CreateEngine(new LinuxEngineOptions { LoopCount = 1, MaxPipes = 1 });
        await using var bench = EngineBench.Start(engine);
        var (stalled, silent) = await bench.ConnectPairAsync();
        var sending = stalled.SendStreamAsync(64 << 20, seed: 24);
        await Assert.ThrowsAsync<TimeoutException>(() => sending.WaitAsync(TimeSpan.FromSeconds(1)));
        await Eventually(() => (engine.PipesInUse, engine.PipeCount) == (1, 1));

        var (client, backend) = await bench.ConnectPairAsync();
        for (var turn = 0; turn < 2; turn++)
        {
            var bulk = TestSockets.RandomBytes(64 << 20, seed: turn);
            var reading = backend.ReadAsync(bulk.Length);
            await client.WriteAsync(bulk);
            TestSockets.AssertSame(bulk, await reading);
            await backend.WriteAsync(Request);
            Assert.Equal(Request, await client.ReadAsync(Request.Length));
        }

        Assert.Equal((1, 1), (engine.PipesInUse, engine.PipeCount));
        var arrived = silent.HashStreamAsync();
        Assert.Equal((64L << 20, await sending), await arrived);
        await Eventually(() => engine.PipesInUse == 0);
    }

    private static async Task Eventually(Func<bool> condition) => await Gateway.Testing.Eventually.TrueAsync(condition, "the engine is at rest");
}
