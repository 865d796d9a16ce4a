using System.Diagnostics;
using System.Net.Sockets;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;
using Gateway.Testing;

namespace Gateway.Tests.Tcp.Engines;

/// <summary>Limits on bytes per second. How exact they are is measured by <see cref="BandwidthTests"/>, alone.</summary>
public abstract partial class TcpEngineTests
{
    // A portion of half a second.
    private static readonly RelayOptions Slowest =
        new() { BytesPerSecondToBackend = TcpRouteLimitsConfig.LeastBytesPerSecond, BytesPerSecondToClient = TcpRouteLimitsConfig.LeastBytesPerSecond };

    [Fact]
    public async Task RelayLimited_WaitsLongerThanTheIdleTimeout_IsNotIdle()
    {
        await using var bench = Bench(Slowest with { IdleTimeout = TimeSpan.FromMilliseconds(400) });
        var (client, backend) = await bench.ConnectPairAsync();

        await client.WriteAsync(new byte[2048]);
        Assert.Equal(2048, (await backend.ReadAsync(2048)).Length);

        Assert.Equal(SocketError.ConnectionReset, await backend.ReadUntilErrorAsync());
        Assert.Equal(new RelayResult(CloseReason.IdleTimeout, 2048, 0, SocketError.Success), await bench.NextResultAsync());
    }

    [Fact]
    public async Task RelayLimitedTls_WaitsLongerThanTheIdleTimeout_IsNotIdle()
    {
        await using var bench = TlsBench(TlsAt.Both, Slowest with { IdleTimeout = TimeSpan.FromMilliseconds(400) });
        var (client, backend) = await ConnectTlsAsync(bench, TlsAt.Both);

        await client.Stream.WriteAsync(new byte[2048]).AsTask().Within();
        Assert.Equal(2048, (await backend.ReadAsync(2048).Within()).Length);

        Assert.Equal(CloseReason.IdleTimeout, (await bench.NextResultAsync()).End);
    }

    [Fact]
    public async Task RelayLimited_OneDirection_LeavesTheOtherAlone()
    {
        const int Bytes = 4 << 20;
        await using var bench = Bench(new RelayOptions { BytesPerSecondToBackend = TcpRouteLimitsConfig.LeastBytesPerSecond });
        var (client, backend) = await bench.ConnectPairAsync();
        var upload = client.WriteAsync(new byte[1 << 20]);
        var started = Stopwatch.GetTimestamp();

        var download = backend.WriteAsync(new byte[Bytes]);
        Assert.Equal(Bytes, (await client.ReadAsync(Bytes)).Length);

        await download.Within();
        Assert.InRange((await backend.ReadAsync(512)).Length, 512, 512);
        Assert.True(Stopwatch.GetElapsedTime(started) < TestSockets.Limit);
        client.Reset();
        Assert.Equal(SocketError.ConnectionReset, await backend.ReadUntilErrorAsync());
        await Record.ExceptionAsync(() => upload).Within();
    }

    [Fact]
    public async Task RelayLimited_FinBehindTheBytes_ComesWithTheLastOnes()
    {
        await using var bench = Bench(new RelayOptions { BytesPerSecondToBackend = 100_000 });
        var (client, backend) = await bench.ConnectPairAsync();
        var bytes = TestSockets.RandomBytes(100_000, seed: 41);
        var started = Stopwatch.GetTimestamp();

        await client.WriteAsync(bytes);
        client.Shutdown(SocketShutdown.Send);
        TestSockets.AssertSame(bytes, await backend.ReadToEndAsync());

        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromSeconds(0.95), TestSockets.Limit);
        backend.Dispose();
        Assert.Equal(new RelayResult(CloseReason.ClientFin, bytes.Length, 0, SocketError.Success), await bench.NextResultAsync());
    }

    [Fact]
    public async Task RelayLimited_SourceResets_TheOtherIsResetAtOnce()
    {
        await using var bench = Bench(Slowest);
        var (client, backend) = await bench.ConnectPairAsync();
        await client.WriteAsync(new byte[100_000]);
        await backend.ReadAsync(512);
        var started = Stopwatch.GetTimestamp();

        client.Reset();

        // 100 s by the limit.
        Assert.Equal(SocketError.ConnectionReset, await backend.ReadUntilErrorAsync());
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TestSockets.Limit);
        Assert.Equal(CloseReason.ClientReset, (await bench.NextResultAsync()).End);
    }

    [Fact]
    public async Task RelayLimited_Aborted_EndsAtOnce()
    {
        var accepted = new TaskCompletionSource<Gateway.Tcp.Engines.TcpConnection>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var bench = EngineBench.Start(CreateEngine(), Slowest, serve: (bench, connection) =>
        {
            accepted.SetResult(connection);
            return bench.RelayAsync(connection);
        });
        var (client, backend) = await bench.ConnectPairAsync();
        await client.WriteAsync(new byte[100_000]);
        await backend.ReadAsync(512);

        (await accepted.Task.Within()).Abort(CloseReason.Drain);

        Assert.Equal(SocketError.ConnectionReset, await backend.ReadUntilErrorAsync());
        Assert.Equal(CloseReason.Drain, (await bench.NextResultAsync()).End);
    }

    /// <summary>A direction that is given up while it waits for its limit must not keep the relay from being idle.</summary>
    [Fact]
    public async Task RelayLimited_BackendResetsWhileTheClientDoesNotRead_EndsByTheIdleTimeout()
    {
        await using var bench = Bench(new RelayOptions
        {
            BytesPerSecondToBackend = TcpRouteLimitsConfig.LeastBytesPerSecond,
            IdleTimeout = TimeSpan.FromSeconds(1),
        });
        var (client, backend) = await bench.ConnectPairAsync();
        await client.WriteAsync(new byte[100_000]);
        Assert.Equal(512, (await backend.ReadAsync(512)).Length);
        // More than the buffers between the two take.
        var answering = Record.ExceptionAsync(() => backend.WriteAsync(new byte[64 << 20])).AsTask();
        await Tempo.PauseAsync(TimeSpan.FromMilliseconds(300), answering);

        backend.Reset();

        Assert.Contains((await bench.NextResultAsync()).End, (CloseReason[])[CloseReason.BackendReset, CloseReason.IdleTimeout]);
        await answering.Within();
    }

    /// <summary>A complete answer behind which its server was reset arrives in full, and still by the limit.</summary>
    [Fact]
    public async Task RelayLimited_CompleteAnswerBehindAReset_ArrivesInFull()
    {
        await using var bench = Bench(new RelayOptions { BytesPerSecondToClient = 100_000 });
        var (client, backend) = await bench.ConnectPairAsync();
        var answer = TestSockets.RandomBytes(50_000, seed: 42);
        await backend.WriteAsync(answer);
        backend.Shutdown(SocketShutdown.Send);
        Assert.Single(await client.ReadAsync(1));

        // What the client sends now meets a closed socket, which answers with RST.
        backend.Dispose();
        await client.WriteAsync(new byte[1000]);

        TestSockets.AssertSame(answer[1..], await client.ReadToEndAsync());
    }
}
