namespace Gateway.Http.Backends.Exchange;

/// <summary>What a destination said while it was sent a request's body, until somebody reads it: bytes, and maybe the end.</summary>
internal sealed class EarlyBytes
{
    // An answer to a body that is not wanted is short. What is longer waits in the kernel, and is noticed when sending fails.
    private const int First = 4096;
    private const int Most = 65536;

    private byte[] _bytes = [];
    private int _start;
    private int _end;
    private Exception? _failure;

    /// <summary>Whether the connection has ended behind the bytes.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Whether there are bytes to be read.</summary>
    public bool HasBytes => _start < _end;

    /// <summary>Whether there is anything to be read: bytes or the end.</summary>
    public bool HasSomething => HasBytes || HasEnded;

    /// <summary>Where the next bytes go; false: there are enough.</summary>
    public bool TryGetSpace(out Memory<byte> space)
    {
        if (_start == _end)
        {
            (_start, _end) = (0, 0);
        }

        if (_end == _bytes.Length && _end < Most)
        {
            Array.Resize(ref _bytes, Math.Max(First, _end * 2));
        }

        space = _bytes.AsMemory(_end);
        return space.Length > 0;
    }

    /// <summary>Bytes have come.</summary>
    /// <returns>False: that was the end.</returns>
    public bool Add(int count)
    {
        _end += count;
        HasEnded = count == 0;
        return !HasEnded;
    }

    /// <summary>The connection broke.</summary>
    public void Fail(Exception failure) => (HasEnded, _failure) = (true, failure);

    /// <summary>Reads bytes, while more are still read to where <see cref="TryGetSpace"/> has said.</summary>
    /// <param name="buffer">Where to; empty: asks whether there is anything.</param>
    public int Take(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _end - _start);
        _bytes.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    /// <summary>Reads bytes, then the end, while nobody reads more.</summary>
    /// <param name="buffer">Where to; empty: asks whether there is anything.</param>
    /// <param name="failure">How the connection broke, if that is all there is to say.</param>
    public int TakeLast(Span<byte> buffer, out Exception? failure)
    {
        var count = Take(buffer);
        failure = _start == _end && count == 0 && buffer.Length > 0 ? _failure : null;
        if (_start == _end)
        {
            _bytes = [];
            (_start, _end) = (0, 0);
        }

        return count;
    }
}
