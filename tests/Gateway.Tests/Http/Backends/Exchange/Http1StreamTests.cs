using System.IO.Pipelines;
using System.Text;
using System.Threading.Channels;
using Gateway.Http.Backends.Exchange;
using Gateway.Testing;

namespace Gateway.Tests.Http.Backends.Exchange;

/// <summary>A destination's answer that is there before the request's body has ended, on a connection that stays open.</summary>
public sealed class Http1StreamTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task Read_WholeAnswerBeforeTheEndOfTheBody_ComesWithoutMoreBytes()
    {
        var (destination, body) = (new Destination(), new Pipe());
        await using var connection = new Http1Stream(destination);
        var sending = new UploadContent(new StreamContent(body.Reader.AsStream())).CopyToAsync(
            connection,
            TestContext.Current.CancellationToken);
        await body.Writer.WriteAsync("piece"u8.ToArray(), TestContext.Current.CancellationToken);
        await destination.IsAskedAsync(times: 1);
        destination.Say(Answer);
        await destination.IsAskedAsync(times: 2);
        await body.Writer.CompleteAsync();
        await sending.WaitAsync(Eventually.DefaultTimeout, TestContext.Current.CancellationToken);

        Assert.Equal(Answer, await ReadAsync(connection, Answer.Length));

        // The next answer finds its reader, too.
        var next = ReadAsync(connection, Answer.Length);
        destination.Say(Answer);
        Assert.Equal(Answer, await next);
    }

    [Fact]
    public async Task Read_RestOfTheAnswerBeforeTheEndOfTheBody_ComesWithoutMoreBytes()
    {
        var (destination, body) = (new Destination(), new Pipe());
        await using var connection = new Http1Stream(destination);
        // As the HTTP client does on a used connection: it reads ahead, and again only when the body has ended.
        var ahead = ReadAsync(connection, 10);
        await destination.IsAskedAsync(times: 1);
        var sending = new UploadContent(new StreamContent(body.Reader.AsStream())).CopyToAsync(
            connection,
            TestContext.Current.CancellationToken);
        await body.Writer.WriteAsync("piece"u8.ToArray(), TestContext.Current.CancellationToken);
        await destination.HasHeardAsync("piece");
        destination.Say(Answer[..10]);
        Assert.Equal(Answer[..10], await ahead);
        await destination.IsAskedAsync(times: 2);
        destination.Say(Answer[10..]);
        await destination.IsAskedAsync(times: 3);
        await body.Writer.CompleteAsync();
        await sending.WaitAsync(Eventually.DefaultTimeout, TestContext.Current.CancellationToken);

        Assert.Equal(Answer[10..], await ReadAsync(connection, Answer.Length - 10));
    }

    private static async Task<string> ReadAsync(Http1Stream connection, int count)
    {
        var bytes = new byte[count];
        await connection
            .ReadExactlyAsync(bytes, TestContext.Current.CancellationToken)
            .AsTask()
            .WaitAsync(Eventually.DefaultTimeout, TestContext.Current.CancellationToken);
        return Encoding.ASCII.GetString(bytes);
    }

    /// <summary>The other end: says what a test says, and stays.</summary>
    private sealed class Destination : Stream
    {
        private readonly Channel<byte[]> _said = Channel.CreateUnbounded<byte[]>();
        private readonly StringBuilder _heard = new();
        private ReadOnlyMemory<byte> _rest;
        private int _asked;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public void Say(string text) => _said.Writer.TryWrite(Encoding.ASCII.GetBytes(text));

        /// <summary>So many reads have begun, that of what was said last included.</summary>
        public Task IsAskedAsync(int times) =>
            Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref _asked) >= times), $"{times} reads");

        public Task HasHeardAsync(string text) => Eventually.TrueAsync(
            () =>
            {
                lock (_heard)
                {
                    return Task.FromResult(_heard.ToString() == text);
                }
            },
            "the body");

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _asked);
            if (_rest.IsEmpty)
            {
                _rest = await _said.Reader.ReadAsync(cancellationToken);
            }

            var count = Math.Min(buffer.Length, _rest.Length);
            _rest[..count].CopyTo(buffer);
            _rest = _rest[count..];
            return count;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            lock (_heard)
            {
                _heard.Append(Encoding.ASCII.GetString(buffer.Span));
            }

            return default;
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
