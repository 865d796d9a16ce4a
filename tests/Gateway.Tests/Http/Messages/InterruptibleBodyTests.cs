using System.Buffers;
using System.IO.Pipelines;
using Gateway.Http.Messages;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Tests.Http.Messages;

public sealed class InterruptibleBodyTests
{
    private readonly Pipe _pipe = new();
    private readonly byte[] _buffer = new byte[4];

    [Fact]
    public async Task Read_BytesInPieces_AreReadInOrderToTheEnd()
    {
        using var body = new InterruptibleBody(_pipe.Reader);
        await _pipe.Writer.WriteAsync("abcdef"u8.ToArray());

        Assert.Equal(0, await body.ReadAsync(Memory<byte>.Empty));
        Assert.Equal("abcd", await ReadAsync(body));
        Assert.Equal("ef", await ReadAsync(body));
        var waiting = ReadAsync(body);
        Assert.False(waiting.IsCompleted);
        await _pipe.Writer.WriteAsync("g"u8.ToArray());
        Assert.Equal("g", await waiting);
        await _pipe.Writer.CompleteAsync();
        Assert.Equal("", await ReadAsync(body));
    }

    /// <summary>The advance gives the pipe's segments back, and a sequence over them does not know its length any more.</summary>
    [Fact]
    public async Task Read_BytesOfSeveralSegments_AreAllCounted()
    {
        var pipe = new Pipe(new PipeOptions(minimumSegmentSize: 16));
        using var body = new InterruptibleBody(pipe.Reader);
        var sent = Enumerable.Range(0, 10_000).Select(static number => (byte)number).ToArray();
        foreach (var piece in sent.Chunk(1000))
        {
            await pipe.Writer.WriteAsync(piece);
        }

        var got = new byte[20_000];
        Assert.Equal(sent.Length, await body.ReadAsync(got));
        Assert.Equal(sent, got[..sent.Length]);
    }

    [Fact]
    public async Task Read_Cancelled_LeavesTheRestToWhoReadsNext()
    {
        using var body = new InterruptibleBody(_pipe.Reader);
        using var stop = new CancellationTokenSource();
        var waiting = ReadAsync(body, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        await _pipe.Writer.WriteAsync("rest"u8.ToArray());
        Assert.True(_pipe.Reader.TryRead(out var result));
        Assert.Equal("rest"u8.ToArray(), result.Buffer.ToArray());
    }

    /// <summary>A cancellation that comes as the read ends is left in the pipe, and means nobody.</summary>
    [Fact]
    public async Task Read_CancellationOfAnEarlierOne_IsPassedOver()
    {
        using var body = new InterruptibleBody(_pipe.Reader);
        _pipe.Reader.CancelPendingRead();
        await _pipe.Writer.WriteAsync("abc"u8.ToArray());

        Assert.Equal("abc", await ReadAsync(body, new CancellationTokenSource().Token));
    }

    [Fact]
    public async Task Read_TokenIsCancelledAlready_TakesNothing()
    {
        using var body = new InterruptibleBody(_pipe.Reader);
        await _pipe.Writer.WriteAsync("abc"u8.ToArray());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ReadAsync(body, new CancellationToken(true)));
        Assert.Equal("abc", await ReadAsync(body));
    }

    /// <summary>Kestrel's reader of a request that was aborted throws at once, and YARP takes a cancellation for the client's.</summary>
    [Fact]
    public async Task Read_RequestIsAborted_IsACancellation()
    {
        using var body = new InterruptibleBody(new AbortedReader());

        await Assert.ThrowsAsync<TaskCanceledException>(() => ReadAsync(body));
    }

    private async Task<string> ReadAsync(InterruptibleBody body, CancellationToken cancellationToken = default)
    {
        var count = await body.ReadAsync(_buffer, cancellationToken);
        return System.Text.Encoding.ASCII.GetString(_buffer, 0, count);
    }

    private sealed class AbortedReader : PipeReader
    {
        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
            throw new ConnectionAbortedException("aborted");

        public override bool TryRead(out ReadResult result) => throw new ConnectionAbortedException("aborted");

        public override void AdvanceTo(SequencePosition consumed)
        {
        }

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
        }

        public override void CancelPendingRead()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }
    }
}
