using System.Buffers;
using System.Text;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Health.Probes;

/// <summary>The bytes that a server has answered, in a buffer of fixed size: a server cannot make the gateway hold more.</summary>
internal sealed class ProbeAnswer : IDisposable
{
    // The longest answer that operators look into is redis's "info" without a section, some 7 KB. 128 checks at once hold 2 MB.
    private const int MostBytes = 16 * 1024;
    private const int MostShown = 80;

    private byte[]? _buffer;

    /// <summary>The number of bytes.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, Length);

    /// <summary>What has come, for logs: <c>nothing</c>, or the first characters.</summary>
    public string Shown => Length == 0 ? "nothing" : LogText.Quoted(Encoding.Latin1.GetString(Bytes), MostShown);

    /// <summary>Reads more bytes.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="limit">Ends the wait.</param>
    /// <returns>
    /// Null: more bytes have come. Otherwise why no more come: <c>closed</c>, <c>reset</c>, <c>timeout</c> or <c>too long</c>.
    /// </returns>
    public async ValueTask<string?> ReadAsync(Stream stream, CancellationToken limit)
    {
        _buffer ??= ArrayPool<byte>.Shared.Rent(MostBytes);
        if (Length >= MostBytes)
        {
            return "too long";
        }

        try
        {
            var read = await stream.ReadAsync(_buffer.AsMemory(Length, MostBytes - Length), limit);
            Length += read;
            return read == 0 ? "closed" : null;
        }
        catch (OperationCanceledException)
        {
            return "timeout";
        }
        catch (IOException)
        {
            return "reset";
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_buffer is { } buffer)
        {
            (_buffer, Length) = (null, 0);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
