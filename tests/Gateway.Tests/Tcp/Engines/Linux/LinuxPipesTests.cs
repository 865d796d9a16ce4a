using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Linux;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Tests.Tcp.Engines.Linux;

/// <summary>
/// An accepted connection as pipes: reading, writing, cancelling, and the end of either side, on the loop and from other threads.
/// </summary>
public sealed class LinuxPipesTests : IAsyncDisposable
{
    private readonly LinuxTcpEngine _engine;
    private readonly ITcpEngineListener _listener;
    private readonly TaskCompletionSource<(TcpConnection Connection, ConnectionPipes Pipes)> _accepted = new();
    private readonly Socket _client = TestSockets.New();

    public LinuxPipesTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The Linux engine needs Linux.");
        _engine = new LinuxTcpEngine(new LinuxEngineOptions { LoopCount = 1 });
        _listener = ((ITcpEngine)_engine).Bind(new IPEndPoint(IPAddress.Loopback, 0), new TcpListenOptions());
        _listener.Start(connection => _accepted.SetResult((connection, connection.OpenPipes()!)));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _listener.DisposeAsync();
        await _engine.DisposeAsync();
    }

    [Fact]
    public async Task Read_BytesInPieces_ContinuesOnTheLoopAndKeepsWhatIsNotConsumed()
    {
        var (_, pipes) = await ConnectAsync();
        var first = pipes.Input.ReadAsync();
        Assert.False(first.IsCompleted);
        var isOnLoop = IsOnLoopAfterAsync();
        await _client.SendAsync("GET /"u8.ToArray());
        Assert.True(await isOnLoop);

        await _client.SendAsync(" HTTP"u8.ToArray());
        var second = await pipes.Input.ReadAsync();
        Assert.Equal("/ HTTP"u8.ToArray(), second.Buffer.ToArray());
        Assert.Equal(10, pipes.Received);

        async Task<bool> IsOnLoopAfterAsync()
        {
            var read = await first;
            Assert.Equal("GET /"u8.ToArray(), read.Buffer.ToArray());
            pipes.Input.AdvanceTo(read.Buffer.GetPosition(4), read.Buffer.End);
            return pipes.CarriedBy.IsCurrent;
        }
    }

    [Fact]
    public async Task Read_NotExamined_GivesTheSameBytesAgainAtOnce()
    {
        var (_, pipes) = await ConnectAsync();
        await _client.SendAsync("abc"u8.ToArray());
        var first = await pipes.Input.ReadAsync();
        pipes.Input.AdvanceTo(first.Buffer.Start, first.Buffer.GetPosition(1));

        Assert.True(pipes.Input.TryRead(out var again));
        Assert.Equal("abc"u8.ToArray(), again.Buffer.ToArray());
    }

    [Fact]
    public async Task Read_LineLongerThanTheBuffer_IsKeptWhole()
    {
        var (_, pipes) = await ConnectAsync();
        var line = TestSockets.RandomBytes(50_000, seed: 3);
        var sending = _client.SendAsync(line);

        ReadResult read;
        while ((read = await pipes.Input.ReadAsync()).Buffer.Length < line.Length)
        {
            pipes.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }

        TestSockets.AssertSame(line, read.Buffer.ToArray());
        await sending;
    }

    [Fact]
    public async Task Read_MuchIsThere_IsReadInLargePieces()
    {
        var (_, pipes) = await ConnectAsync();
        await _client.SendAsync(new byte[60_000]);
        _client.Shutdown(SocketShutdown.Send);
        // All bytes are there when the FIN is.
        await UntilAsync(pipes, () => pipes.HasUnreadEnd);

        var first = await pipes.Input.ReadAsync();
        var (small, rest) = (first.Buffer.Length, 60_000 - first.Buffer.Length);
        pipes.Input.AdvanceTo(first.Buffer.End);
        Assert.InRange(small, 1, 4096);
        Assert.Equal(rest, (await pipes.Input.ReadAsync()).Buffer.Length);
    }

    [Fact]
    public async Task Read_AnotherIsUnderWay_ThrowsAndTheFirstGoesOn()
    {
        var (_, pipes) = await ConnectAsync();
        var read = pipes.Input.ReadAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pipes.Input.ReadAsync());
        Assert.Throws<InvalidOperationException>(() => pipes.Input.TryRead(out _));

        await _client.SendAsync("abc"u8.ToArray());
        Assert.Equal("abc"u8.ToArray(), (await read).Buffer.ToArray());
    }

    [Fact]
    public async Task Read_Fin_CompletesAndTellsThatTheClientLeft()
    {
        var (_, pipes) = await ConnectAsync();
        var left = Left(pipes);
        var read = pipes.Input.ReadAsync();
        _client.Shutdown(SocketShutdown.Send);

        Assert.True((await read).IsCompleted);
        await left.Within();
        Assert.False(pipes.HasUnreadEnd);
    }

    [Fact]
    public async Task Fin_WhileNobodyReads_TellsThatTheClientLeft()
    {
        var (_, pipes) = await ConnectAsync();
        var left = Left(pipes);
        _client.Shutdown(SocketShutdown.Send);
        await left.Within();
    }

    [Fact]
    public async Task Fin_BehindBytesThatAreNotRead_CountsWhenTheseAreRead()
    {
        var (_, pipes) = await ConnectAsync();
        var left = Left(pipes);
        await _client.SendAsync("abc"u8.ToArray());
        _client.Shutdown(SocketShutdown.Send);
        await UntilAsync(pipes, () => pipes.HasUnreadEnd);
        Assert.False(left.IsCompleted);

        var read = await pipes.Input.ReadAsync();
        Assert.Equal("abc"u8.ToArray(), read.Buffer.ToArray());
        await left.Within();
        Assert.False(pipes.HasUnreadEnd);
    }

    [Fact]
    public async Task Rst_WhileNobodyReads_TellsThatTheClientLeft()
    {
        var (_, pipes) = await ConnectAsync();
        var left = Left(pipes);
        _client.LingerState = new LingerOption(true, 0);
        _client.Dispose();
        await left.Within();
        await Assert.ThrowsAsync<ConnectionResetException>(async () => await pipes.Input.ReadAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CancelPendingRead_FromAnyThread_EndsThatReadAndNoOther(bool isPending)
    {
        var (_, pipes) = await ConnectAsync();
        var read = isPending ? pipes.Input.ReadAsync() : default;
        await Task.Run(pipes.Input.CancelPendingRead);
        var result = await (isPending ? read : pipes.Input.ReadAsync());
        Assert.True(result.IsCanceled);
        Assert.True(result.Buffer.IsEmpty);
        pipes.Input.AdvanceTo(result.Buffer.Start);

        await _client.SendAsync("abc"u8.ToArray());
        var next = await pipes.Input.ReadAsync();
        Assert.False(next.IsCanceled);
        Assert.Equal("abc"u8.ToArray(), next.Buffer.ToArray());
    }

    [Fact]
    public async Task Read_TokenIsCancelled_ThrowsAndTheNextReadGetsTheBytes()
    {
        var (_, pipes) = await ConnectAsync();
        using var cancellation = new CancellationTokenSource();
        var read = pipes.Input.ReadAsync(cancellation.Token);
        await Task.Run(cancellation.Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await read);

        await _client.SendAsync("abc"u8.ToArray());
        Assert.Equal("abc"u8.ToArray(), (await pipes.Input.ReadAsync()).Buffer.ToArray());
    }

    [Fact]
    public async Task Read_FromManyThreadsInTurn_ContinuesOnTheLoopEachTime()
    {
        var (_, pipes) = await ConnectAsync();
        for (var i = 0; i < 200; i++)
        {
            await Task.Run(static () => { }, TestContext.Current.CancellationToken);
            var read = pipes.Input.ReadAsync();
            await _client.SendAsync(new[] { (byte)i });
            var result = await read;
            Assert.Equal((byte)i, result.Buffer.FirstSpan[0]);
            pipes.Input.AdvanceTo(result.Buffer.End);
        }
    }

    [Fact]
    public async Task Read_StreamThatNeverRunsDry_LetsOthersRun()
    {
        var (_, pipes) = await ConnectAsync();
        _client.SendBufferSize = 4 << 20;
        var sending = Task.Run(() => _client.Send(new byte[32 << 20]));
        var rounds = 0;
        void Count()
        {
            rounds++;
            pipes.CarriedBy.RunLater(Count);
        }

        pipes.CarriedBy.RunLater(Count);
        for (var left = 32L << 20; left > 0;)
        {
            var read = await pipes.Input.ReadAsync();
            left -= read.Buffer.Length;
            pipes.Input.AdvanceTo(read.Buffer.End);
        }

        await sending.Within();
        // 32 MiB are 512 reads of 64 KiB, and there is a turn after 16 of them.
        Assert.InRange(rounds, (512 / LinuxReader.ReadsPerTurn) - 1, int.MaxValue);
    }

    [Fact]
    public async Task Flush_MoreThanTheKernelTakes_WaitsAndEveryByteArrives()
    {
        var (_, pipes) = await ConnectAsync();
        var bytes = TestSockets.RandomBytes(16 << 20, seed: 4);
        pipes.Output.Write(bytes);
        Assert.Equal(bytes.Length, pipes.Output.UnflushedBytes);
        var flush = pipes.Output.FlushAsync();

        TestSockets.AssertSame(bytes, await _client.ReadAsync(bytes.Length));
        Assert.False((await flush).IsCompleted);
    }

    [Fact]
    public async Task CancelPendingFlush_EndsTheWaitAndTheBytesArriveAllTheSame()
    {
        var (_, pipes) = await ConnectAsync();
        var bytes = TestSockets.RandomBytes(16 << 20, seed: 5);
        pipes.Output.Write(bytes);
        var flush = pipes.Output.FlushAsync();
        await Task.Run(pipes.Output.CancelPendingFlush);
        Assert.True((await flush).IsCanceled);
        pipes.Output.Write("end"u8);
        var last = pipes.Output.FlushAsync();

        TestSockets.AssertSame(bytes, await _client.ReadAsync(bytes.Length));
        Assert.Equal("end"u8.ToArray(), await _client.ReadAsync(3));
        Assert.False((await last).IsCanceled);
    }

    [Fact]
    public async Task CancelPendingFlush_TheWriterGoesOnOnAnotherThread_EveryByteArrivesInOrder()
    {
        var (_, pipes) = await ConnectAsync();
        var bytes = TestSockets.RandomBytes(24 << 20, seed: 8);
        var reading = _client.ReadAsync(bytes.Length);
        await Task.Run(
            async () =>
            {
                for (var sent = 0; sent < bytes.Length; sent += 1 << 20)
                {
                    pipes.Output.Write(bytes.AsSpan(sent, 1 << 20));
                    var flush = pipes.Output.FlushAsync();
                    pipes.Output.CancelPendingFlush();
                    await flush;
                }

                while ((await pipes.Output.FlushAsync()).IsCanceled)
                {
                }
            },
            TestContext.Current.CancellationToken);

        TestSockets.AssertSame(bytes, await reading);
    }

    [Fact]
    public async Task Flush_TokenIsCancelled_ThrowsAndTheBytesArriveAllTheSame()
    {
        var (_, pipes) = await ConnectAsync();
        var bytes = TestSockets.RandomBytes(16 << 20, seed: 6);
        using var cancellation = new CancellationTokenSource();
        pipes.Output.Write(bytes);
        // A flush that begins elsewhere may be cancelled before it has begun, and sends nothing then.
        await pipes.CarriedBy.EnterAsync();
        var flush = pipes.Output.FlushAsync(cancellation.Token);
        await Task.Run(cancellation.Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await flush);
        TestSockets.AssertSame(bytes, await _client.ReadAsync(bytes.Length));
    }

    [Fact]
    public async Task Flush_ClientHasReset_SaysThatThePipeIsCompleted()
    {
        var (_, pipes) = await ConnectAsync();
        var left = Left(pipes);
        _client.LingerState = new LingerOption(true, 0);
        _client.Dispose();
        await left.Within();

        pipes.Output.Write("abc"u8);
        Assert.True((await pipes.Output.FlushAsync()).IsCompleted);
    }

    [Fact]
    public async Task Flush_WaitsAndTheConnectionIsReset_SaysThatThePipeIsCompleted()
    {
        var (connection, pipes) = await ConnectAsync();
        pipes.Output.Write(new byte[16 << 20]);
        var flush = pipes.Output.FlushAsync();
        connection.Reset();
        Assert.True((await flush).IsCompleted);
        await Assert.ThrowsAsync<ConnectionAbortedException>(async () => await pipes.Input.ReadAsync());
    }

    [Fact]
    public async Task Close_WhatWasWrittenIsNotFlushed_ArrivesBeforeTheFin()
    {
        var (_, pipes) = await ConnectAsync();
        var bytes = TestSockets.RandomBytes(16 << 20, seed: 7);
        pipes.Output.Write(bytes);
        var closing = pipes.CloseAsync();

        TestSockets.AssertSame(bytes, await _client.ReadToEndAsync().Within());
        await closing.Within();
    }

    [Fact]
    public async Task Close_ClientStillSends_AnswerAndFinArriveBeforeAnyReset()
    {
        var (_, pipes) = await ConnectAsync();
        await _client.SendAsync(new byte[200_000]);
        await UntilAsync(pipes, () => pipes.Input.TryRead(out _));
        pipes.Output.Write("413"u8);
        var closing = pipes.CloseAsync();

        Assert.Equal("413"u8.ToArray(), await _client.ReadToEndAsync().Within());
        await _client.SendAsync(new byte[100_000]);
        _client.Shutdown(SocketShutdown.Send);
        await closing.Within();
    }

    [Fact]
    public async Task Close_Twice_IsNoFault()
    {
        var (_, pipes) = await ConnectAsync();
        await pipes.CloseAsync();
        await pipes.CloseAsync();
        Assert.Equal(0, await _client.ReceiveAsync(new byte[1]).Within());
    }

    [Fact]
    public async Task Dispose_OfTheEngine_EndsWaitingReadsAndFlushes()
    {
        var (_, pipes) = await ConnectAsync();
        pipes.Output.Write(new byte[16 << 20]);
        var (read, flush) = (pipes.Input.ReadAsync().AsTask(), pipes.Output.FlushAsync().AsTask());
        var stopping = Task.Run(async () => await _engine.DisposeAsync());

        await Assert.ThrowsAsync<ConnectionAbortedException>(async () => await read);
        Assert.True((await flush).IsCompleted);
        await stopping.Within();
    }

    private static Task Left(ConnectionPipes pipes)
    {
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        pipes.OnPeerLeft = left.SetResult;
        return left.Task;
    }

    // Looks once in each round of the loop.
    private static async Task UntilAsync(ConnectionPipes pipes, Func<bool> isTrue)
    {
        using var limit = new CancellationTokenSource(TestSockets.Limit);
        await pipes.CarriedBy.EnterAsync();
        while (!isTrue())
        {
            limit.Token.ThrowIfCancellationRequested();
            await pipes.CarriedBy.HopAsync();
        }
    }

    // The caller continues on the loop.
    private async Task<(TcpConnection Connection, ConnectionPipes Pipes)> ConnectAsync()
    {
        await _client.ConnectAsync(_listener.LocalEndPoint);
        var accepted = await _accepted.Task;
        await accepted.Pipes.CarriedBy.EnterAsync();
        return accepted;
    }
}
