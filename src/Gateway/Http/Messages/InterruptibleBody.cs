using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Http.Messages;

/// <summary>
/// A request body of HTTP/1.1 with a Content-Length, of which a read can be cancelled. In .NET 10, when a read of Kestrel's own stream is
/// cancelled by its token, Kestrel cannot read the rest of such a body (Http1ContentLengthMessageBody takes the read for one in progress).
/// It logs an error and closes the connection with the client's bytes unread, whose reset can cost the client an answer that came before
/// the end of its upload. Here a read is cancelled in the pipe, which leaves the body as it was.
/// </summary>
/// <param name="body">Kestrel's reader of the body.</param>
internal sealed class InterruptibleBody(PipeReader body) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Replaces the request's stream, if it is one that needs it.</summary>
    public static void Use(HttpContext context)
    {
        var request = context.Request;
        if (request.ContentLength > 0 && (HttpProtocol.IsHttp11(request.Protocol) || HttpProtocol.IsHttp10(request.Protocol)))
        {
            request.Body = new InterruptibleBody(request.BodyReader);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var result = await ReadAsync(cancellationToken);
            var bytes = result.Buffer;
            if (result.IsCanceled)
            {
                // Without the token's say it is what a cancellation has left that came too late for the read before.
                body.AdvanceTo(bytes.Start);
                continue;
            }

            var taken = bytes.Slice(0, Math.Min(bytes.Length, buffer.Length));
            taken.CopyTo(buffer.Span);
            // Asked before the advance, which gives the segments back to the pipe: what a sequence over them says afterwards is wrong.
            var (count, isOver) = ((int)taken.Length, !bytes.IsEmpty || result.IsCompleted);
            body.AdvanceTo(taken.End);
            if (isOver)
            {
                return count;
            }
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var read = body.ReadAsync(CancellationToken.None);
            if (read.IsCompletedSuccessfully)
            {
                return read.Result;
            }

            using var cancelled = cancellationToken.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), body);
            return await read;
        }
        catch (ConnectionAbortedException aborted)
        {
            // As Kestrel's stream says it.
            throw new TaskCanceledException("The request was aborted", aborted);
        }
    }
}
