using System.Diagnostics;
using System.Net.Sockets;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tests.Tcp.Engines;

public abstract partial class TcpEngineTests
{
    [Fact]
    public async Task Relay_NoByteForTheIdleTimeout_ResetsBoth()
    {
        await using var bench = Bench(new RelayOptions { IdleTimeout = TimeSpan.FromMilliseconds(300) });
        var started = Stopwatch.GetTimestamp();
        var (client, backend) = await bench.ConnectPairAsync();

        Assert.Equal(SocketError.ConnectionReset, await client.ReadUntilErrorAsync());
        Assert.Equal(SocketError.ConnectionReset, await backend.ReadUntilErrorAsync());

        Assert.Equal(new RelayResult(CloseReason.IdleTimeout, 0, 0, SocketError.Success), await bench.NextResultAsync());
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromMilliseconds(270), TestSockets.Limit);
    }

    [Fact]
    public async Task Relay_ABytePerMoment_IsNotIdle()
    {
        await using var bench = Bench(new RelayOptions { IdleTimeout = TimeSpan.FromSeconds(2) });
        var (client, backend) = await bench.ConnectPairAsync();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var started = Stopwatch.GetTimestamp();

        // More than the idle timeout in all, each pause far below it; only the backend speaks.
        for (var turn = 0; turn < 27 && await pace.WaitForNextTickAsync(); turn++)
        {
            await backend.WriteAsync(new byte[] { 1 });
            Assert.Single(await client.ReadAsync(1));
        }

        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromSeconds(2.5), TestSockets.Limit);
        client.Shutdown(SocketShutdown.Send);
        Assert.Empty(await backend.ReadToEndAsync());
        backend.Dispose();
        Assert.Equal(CloseReason.ClientFin, (await bench.NextResultAsync()).End);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Relay_SilentAfterAFin_EndsAtHalfClosedTimeout(bool clientEnds)
    {
        var limit = TimeSpan.FromMilliseconds(300);
        await using var bench = Bench(new RelayOptions { HalfClosedTimeout = limit });
        var (client, backend) = await bench.ConnectPairAsync();
        var (first, second) = clientEnds ? (client, backend) : (backend, client);
        await first.WriteAsync(Request);
        Assert.Equal(Request.Length, (await second.ReadAsync(Request.Length)).Length);
        var started = Stopwatch.GetTimestamp();

        first.Shutdown(SocketShutdown.Send);
        Assert.Empty(await second.ReadToEndAsync());

        Assert.Equal(SocketError.ConnectionReset, await first.ReadUntilErrorAsync());
        var result = await bench.NextResultAsync();
        Assert.Equal((CloseReason.IdleTimeout, true), (result.End, result.ByHalfClosedTimeout));
        Assert.InRange(Stopwatch.GetElapsedTime(started), limit * 0.9, TestSockets.Limit);
    }

    [Fact]
    public async Task Relay_AnswersAfterAFin_AreNotCut()
    {
        await using var bench = Bench(new RelayOptions { HalfClosedTimeout = TimeSpan.FromSeconds(2) });
        var (client, backend) = await bench.ConnectPairAsync();
        client.Shutdown(SocketShutdown.Send);
        Assert.Empty(await backend.ReadToEndAsync());
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));

        // More than the limit in all, each pause far below it.
        for (var turn = 0; turn < 27 && await pace.WaitForNextTickAsync(); turn++)
        {
            await backend.WriteAsync(new byte[] { 1 });
            Assert.Single(await client.ReadAsync(1));
        }

        backend.Shutdown(SocketShutdown.Send);
        Assert.Empty(await client.ReadToEndAsync());
        Assert.Equal(CloseReason.ClientFin, (await bench.NextResultAsync()).End);
    }

    [Fact]
    public async Task Relay_OfSilentSides_OnlyIdleTimeoutCounts()
    {
        await using var bench = Bench(
            new RelayOptions { IdleTimeout = TimeSpan.FromMilliseconds(700), HalfClosedTimeout = TimeSpan.FromMilliseconds(100) });
        var started = Stopwatch.GetTimestamp();
        _ = await bench.ConnectPairAsync();

        Assert.Equal(CloseReason.IdleTimeout, (await bench.NextResultAsync()).End);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromMilliseconds(630), TestSockets.Limit);
    }

    [Fact]
    public async Task Relay_OfOneJitter_EndsAtItsOwnTime()
    {
        // The random number is 1: the earliest end.
        await using var bench = Bench(
            new RelayOptions { MaxDuration = TimeSpan.FromHours(1), MaxDurationJitter = 1, Random = new Always(0.9999) });
        var (client, _) = await bench.ConnectPairAsync();

        Assert.Equal(SocketError.ConnectionReset, await client.ReadUntilErrorAsync());
        Assert.Equal(CloseReason.MaxDuration, (await bench.NextResultAsync()).End);
    }

    private sealed class Always(double number) : Random
    {
        public override double NextDouble() => number;
    }

    [Fact]
    public async Task Relay_BusyForTheMaxDuration_ResetsBoth()
    {
        await using var bench = Bench(new RelayOptions { MaxDuration = TimeSpan.FromMilliseconds(400) });
        var (client, backend) = await bench.ConnectPairAsync();

        var turns = 0;
        try
        {
            while (true)
            {
                await client.WriteAsync(Request);
                await backend.WriteAsync(await backend.ReadAsync(Request.Length));
                await client.ReadAsync(Request.Length);
                turns++;
            }
        }
        catch (SocketException)
        {
        }

        Assert.True(turns > 0);
        Assert.Equal(CloseReason.MaxDuration, (await bench.NextResultAsync()).End);
    }

    [Fact]
    public async Task Relay_AbortedFromAnotherThread_ResetsBothWithTheFirstReason()
    {
        var accepted = new TaskCompletionSource<TcpConnection>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var bench = EngineBench.Start(CreateEngine(), serve: (bench, connection) =>
        {
            accepted.SetResult(connection);
            return bench.RelayAsync(connection);
        });
        var (client, backend) = await bench.ConnectPairAsync();
        await client.WriteAsync(Request);
        await backend.ReadAsync(Request.Length);

        var connection = await accepted.Task.Within();
        connection.Abort(CloseReason.Drain);
        connection.Abort(CloseReason.Error);

        Assert.Equal(SocketError.ConnectionReset, await client.ReadUntilErrorAsync());
        Assert.Equal(SocketError.ConnectionReset, await backend.ReadUntilErrorAsync());
        Assert.Equal((CloseReason.Drain, Request.Length), ((await bench.NextResultAsync()) is var result ? result.End : default, (int)result.ClientToBackendBytes));
        Assert.Equal(CloseReason.Drain, connection.AbortReason);
    }

    [Fact]
    public async Task Relay_BackendAborted_EndsWithItsReason()
    {
        await using var bench = EngineBench.Start(CreateEngine());
        var ended = new TaskCompletionSource<RelayResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        bench.Serve = async client =>
        {
            // Not before the client knows that it is connected.
            await client.WaitReadableAsync(TestSockets.Limit);
            var dialed = await client.ConnectAsync(new ConnectRequest { Destination = bench.BackendEndPoint, Timeout = TestSockets.Limit });
            var relay = client.RelayAsync(dialed.Connection!, new RelayOptions());
            dialed.Connection!.Abort(CloseReason.Drain);
            ended.SetResult(await relay);
        };
        var client = await bench.ConnectAsync();
        await client.WriteAsync(Request);

        Assert.Equal(SocketError.ConnectionReset, await client.ReadUntilErrorAsync());
        Assert.Equal(CloseReason.Drain, (await ended.Task.Within()).End);
    }

    [Fact]
    public async Task Dispose_WithLiveRelays_EndsThemWithDrain()
    {
        await using var bench = Bench();
        var (client, backend) = await bench.ConnectPairAsync();
        await client.WriteAsync(Request);
        await backend.ReadAsync(Request.Length);

        await bench.Engine.DisposeAsync().AsTask().Within();

        Assert.Equal(CloseReason.Drain, (await bench.NextResultAsync()).End);
        Assert.Equal(SocketError.ConnectionReset, await client.ReadUntilErrorAsync());
    }
}
