namespace Gateway.Http.Backends.Exchange;

/// <summary>
/// Reads the beginning of what a destination says to a request, as far as to know its status: an interim answer (100, 102, 103) is none
/// yet. Whatever is no HTTP counts as the answer: the HTTP client will say what is wrong with it.
/// </summary>
internal struct AnswerHead
{
    private const int SwitchingProtocols = 101;

    // How much of the status line, or how many ends of line behind an interim answer.
    private int _matched;
    private int _status;
    private bool _isInterim;

    private static ReadOnlySpan<byte> Beginning => "HTTP/1.x "u8;

    /// <summary>Whether the answer has begun.</summary>
    public bool HasAnswer { get; private set; }

    /// <summary>Whether the connection is another protocol's from here on.</summary>
    public readonly bool IsUpgrade => HasAnswer && _status == SwitchingProtocols;

    /// <summary>Takes what came next.</summary>
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

    // An empty line ends it. A lone line feed counts as an end of line, as it does for the HTTP client.
    private void SkipHead(byte b)
    {
        _matched = b == '\n' ? _matched + 1 : b == '\r' ? _matched : 0;
        if (_matched == 2)
        {
            (_isInterim, _matched) = (false, 0);
        }
    }
}
