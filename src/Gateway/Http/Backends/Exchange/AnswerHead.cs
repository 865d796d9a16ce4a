namespace Gateway.Http.Backends.Exchange;

/// <summary>
/// Reads the beginning of a destination's response up to the status. An interim response (100, 102, 103) does not count as the response.
/// Bytes that are not HTTP do count, because the HTTP client will report what is wrong with them.
/// </summary>
internal struct AnswerHead
{
    private const int SwitchingProtocols = 101;

    // The number of bytes read of the status line; behind an interim status line, the number of line ends in a row.
    private int _matched;
    private int _status;
    private bool _isInterim;

    private static ReadOnlySpan<byte> Beginning => "HTTP/1.x "u8;

    /// <summary>Whether the response has begun.</summary>
    public bool HasAnswer { get; private set; }

    /// <summary>Whether the connection speaks another protocol from here on.</summary>
    public readonly bool IsUpgrade => HasAnswer && _status == SwitchingProtocols;

    /// <summary>Takes the bytes that came next.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < bytes.Length && !HasAnswer; i++)
        {
            if (_isInterim)
            {
                SkipHead(bytes[i]);
            }
            else
            {
                ReadStatus(bytes[i]);
            }
        }
    }

    private void ReadStatus(byte b)
    {
        if (_matched < Beginning.Length)
        {
            HasAnswer = b != Beginning[_matched] && Beginning[_matched] != 'x';
            _matched++;
            return;
        }

        _status = (_status * 10) + (b - '0');
        if (++_matched == Beginning.Length + 3)
        {
            _isInterim = _status is >= 100 and < 200 and not SwitchingProtocols;
            HasAnswer = !_isInterim;
            (_matched, _status) = _isInterim ? (0, 0) : (_matched, _status);
        }
    }

    // An empty line ends the interim response. A lone line feed counts as a line end, because the HTTP client accepts it, too.
    private void SkipHead(byte b)
    {
        _matched = b == '\n' ? _matched + 1 : b == '\r' ? _matched : 0;
        if (_matched == 2)
        {
            (_isInterim, _matched) = (false, 0);
        }
    }
}
