using System.Buffers;

namespace Gateway.Http.Connections.Frames;

/// <summary>
/// Counts the frames of an HTTP/2 connection that carry nothing: empty DATA, PING, SETTINGS, PRIORITY, WINDOW_UPDATE, RST_STREAM, empty
/// CONTINUATION, unknown types. Kestrel takes as many as come, several million a second: a sender keeps a core busy for as long as it likes
/// (measured). A client needs few beside what it asks and gets: each request, each piece of a body and each 512 bytes that were sent to it
/// allow one more (a window is given back in larger steps), and so does time.
/// </summary>
internal sealed class FrameBudget(TimeProvider time)
{
    /// <summary>
    /// Frames that carry nothing, at once. A thousand times what clients do: gRPC pings at most some dozen times a second.
    /// </summary>
    public const int Most = 10_000;

    private const int PerSecond = 100;
    private const int SentBytesForOne = 512;
    private const int ForARequest = 2;

    // "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"; Kestrel looks whether it is that.
    private const int PrefaceLength = 24;

    private const int HeaderLength = 9;

    // A padded frame without data has its padding's length alone.
    private const int LeastData = 2;

    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte Continuation = 9;
    private const byte EndStream = 1;

    private readonly byte[] _header = new byte[HeaderLength];
    private int _headerLength;
    private long _skip = PrefaceLength;
    private long _left = Most;
    private long _sent;
    private long _sentBefore;
    private long _filledAt = time.GetTimestamp();

    /// <summary>Bytes were written to the client; from another thread than the reader's.</summary>
    public void Sent(int bytes) => Interlocked.Add(ref _sent, bytes);

    /// <summary>Looks at what came, once.</summary>
    /// <returns>False: too many carried nothing.</returns>
    public bool TryTake(ReadOnlySequence<byte> bytes)
    {
        Refill();
        foreach (var memory in bytes)
        {
            Take(memory.Span);
        }

        return _left >= 0;
    }

    private void Refill()
    {
        var sent = Interlocked.Read(ref _sent);
        var earned = (sent - _sentBefore) / SentBytesForOne;
        _sentBefore += earned * SentBytesForOne;
        var now = time.GetTimestamp();
        var byTime = (long)(time.GetElapsedTime(_filledAt, now).TotalSeconds * PerSecond);
        if (byTime > 0)
        {
            _filledAt = now;
        }

        _left = Math.Min(Most, _left + earned + byTime);
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var skipped = (int)Math.Min(_skip, bytes.Length);
            _skip -= skipped;
            bytes = bytes[skipped..];
            var taken = Math.Min(HeaderLength - _headerLength, bytes.Length);
            bytes[..taken].CopyTo(_header.AsSpan(_headerLength));
            _headerLength += taken;
            bytes = bytes[taken..];
            if (_headerLength == HeaderLength)
            {
                _headerLength = 0;
                Account();
            }
        }
    }

    private void Account()
    {
        var length = (_header[0] << 16) | (_header[1] << 8) | _header[2];
        _skip = length;
        _left += (_header[3], _header[4]) switch
        {
            (Headers, _) => ForARequest,
            (Data, _) when length >= LeastData => 1,
            (Data, var flags) when (flags & EndStream) != 0 => 0,
            (Continuation, _) when length > 0 => 0,
            _ => -1,
        };
        // What is allowed does not add up over the life of a connection.
        _left = Math.Min(Most, _left);
    }
}
