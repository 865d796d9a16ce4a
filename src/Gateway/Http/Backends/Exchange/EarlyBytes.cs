namespace Gateway.Http.Backends.Exchange;

/// <summary>The bytes that a destination sent while it received a request's body, until the HTTP client reads them; maybe also the end of
/// the connection.</summary>
internal sealed class EarlyBytes
{
    // The response to an unwanted body is short. The rest of a longer response waits in the kernel, and is noticed when sending fails.
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

    /// <summary>The space for the next bytes. Returns false when the buffer is full.</summary>
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

    /// <summary>Adds the bytes that were read into the space.</summary>
    /// <returns>False when the count is 0: the connection has ended.</returns>
    public bool Add(int count)
    {
        _end += count;
        HasEnded = count == 0;
        return !HasEnded;
    }

    /// <summary>The connection broke.</summary>
    public void Fail(Exception failure) => (HasEnded, _failure) = (true, failure);

    /// <summary>Takes bytes. Allowed while a read into the space of <see cref="TryGetSpace"/> is still under way.</summary>
    /// <param name="buffer">Gets the bytes. May be empty: then the call only asks whether there is anything.</param>
    public int Take(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _end - _start);
        _bytes.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    /// <summary>Takes bytes, and after them the end. Allowed only when no read into the space is under way.</summary>
    /// <param name="buffer">Gets the bytes. May be empty: then the call only asks whether there is anything.</param>
    /// <param name="failure">How the connection broke, if there are no bytes left.</param>
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
