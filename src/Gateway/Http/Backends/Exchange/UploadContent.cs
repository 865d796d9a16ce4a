using System.Net;
using System.Runtime.CompilerServices;
using Gateway.Http.Messages;

namespace Gateway.Http.Backends.Exchange;

/// <summary>
/// A request's body on its way to a destination. The body can be ended while it is sent, when the destination takes no more of it (<see
/// cref="Http1Stream"/>). The HTTP client drops the response if the body is shorter than its Content-Length, so the missing bytes are
/// filled up. The filler never reaches the destination, because <see cref="Http1Stream"/> drops all writes by then.
/// </summary>
internal sealed class UploadContent : HttpContent
{
    // If more bytes are missing, the upload breaks off and its response is lost, because a huge Content-Length must not keep a processor
    // busy.
    private const long MostFilled = 64L << 30;

    private static readonly AsyncLocal<UploadContent?> Sending = new();
    private static readonly byte[] Filler = new byte[65536];

    private readonly HttpContent _inner;
    private CancellationTokenSource? _stop;
    private Http1Stream? _connection;

    /// <summary>Wraps a body.</summary>
    /// <param name="inner">The body.</param>
    public UploadContent(HttpContent inner)
    {
        _inner = inner;
        foreach (var header in inner.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(header.Key, header.Value);
        }
    }

    /// <summary>The upload whose bytes the current async flow writes; null if there is none.</summary>
    public static UploadContent? Current => Sending.Value;

    /// <summary>The number of bytes given to the HTTP client.</summary>
    public long Count { get; private set; }

    /// <summary>Whether the whole body was sent.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether the body was ended early because the destination takes no more.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>Signalled when the body has to end at once.</summary>
    public CancellationToken Stopped => _stop?.Token ?? CancellationToken.None;

    /// <summary>Notes the connection on which the body is sent.</summary>
    public void Begin(Http1Stream connection) => _connection = connection;

    /// <summary>Ends the body. Thread-safe.</summary>
    /// <param name="isAnswered">Whether there is a response, which must not wait for more of the body. Without a response the next write
    /// finds the body ended, and fails.</param>
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
            // The body has ended meanwhile.
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
            // Stop has interrupted the read from the client.
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

    /// <summary>The HTTP client's stream for the body. It counts the bytes, and fails when the body was ended.</summary>
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
