using System.Net;
using System.Runtime.CompilerServices;
using Gateway.Http.Messages;

namespace Gateway.Http.Backends.Exchange;

/// <summary>
/// A request's body on its way to a destination. It can be ended while it is sent, when the destination takes no more of it (<see
/// cref="Http1Stream"/>). The HTTP client holds a request to its Content-Length and forgets the answer of one that breaks its word: so what
/// is missing is filled up. Nothing of that is sent, since the connection takes nothing any more.
/// </summary>
internal sealed class UploadContent : HttpContent
{
    // An upload that is longer breaks off, and its answer is lost: whoever announces more must not keep a processor busy.
    private const long MostFilled = 64L << 30;

    private static readonly AsyncLocal<UploadContent?> Sending = new();
    private static readonly byte[] Filler = new byte[65536];

    private readonly HttpContent _inner;
    private CancellationTokenSource? _stop;
    private Http1Stream? _connection;

    /// <summary>Takes a body's place.</summary>
    /// <param name="inner">The body.</param>
    public UploadContent(HttpContent inner)
    {
        _inner = inner;
        foreach (var header in inner.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(header.Key, header.Value);
        }
    }

    /// <summary>The one whose bytes are written here and now; null: none is.</summary>
    public static UploadContent? Current => Sending.Value;

    /// <summary>Bytes handed to the HTTP client.</summary>
    public long Count { get; private set; }

    /// <summary>Whether all of it was sent.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether it was ended because the destination takes no more.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>Signalled when it is to end at once.</summary>
    public CancellationToken Stopped => _stop?.Token ?? CancellationToken.None;

    /// <summary>It is sent on this connection.</summary>
    public void Begin(Http1Stream connection) => _connection = connection;

    /// <summary>Ends it. From any thread.</summary>
    /// <param name="isAnswered">Whether there is an answer that should not wait for more of the body; else it is the next write that finds
    /// it ended, and to blame for what happens then.</param>
    public void Stop(bool isAnswered)
    {
        IsStopped = true;
        try
        {
            if (isAnswered)
            {
                _stop?.Cancel();
            }
        }
        catch (ObjectDisposedException)
        {
            // It has ended meanwhile.
        }
    }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _stop = stop;
        Sending.Value = this;
        try
        {
            await _inner.CopyToAsync(new Writes(stream, this), context, stop.Token);
            IsComplete = !IsStopped;
        }
        catch (Exception) when (IsStopped && !cancellationToken.IsCancellationRequested)
        {
            // Whoever reads from the client was interrupted.
        }
        finally
        {
            _connection?.EndUpload();
            _stop = null;
        }

        if (IsStopped && Headers.ContentLength is { } length)
        {
            await FillAsync(stream, length - Count);
        }
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    private static async Task FillAsync(Stream stream, long missing)
    {
        for (missing = missing > MostFilled ? 0 : missing; missing > 0; missing -= Math.Min(missing, Filler.Length))
        {
            await stream.WriteAsync(Filler.AsMemory(0, (int)Math.Min(missing, Filler.Length)), CancellationToken.None);
        }
    }

    /// <summary>The HTTP client's stream, as the body writes to it.</summary>
    private sealed class Writes(Stream inner, UploadContent upload) : CountingStream(inner)
    {
        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!upload.IsStopped)
            {
                upload.Count += buffer.Length;
                await Inner.WriteAsync(buffer, cancellationToken);
            }

            if (upload.IsStopped)
            {
                throw new EarlyAnswerException();
            }
        }
    }
}
