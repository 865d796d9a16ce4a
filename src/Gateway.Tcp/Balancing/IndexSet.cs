namespace Gateway.Tcp.Balancing;

/// <summary>
/// A set of small numbers. Numbers below 64 allocate nothing. Not to be copied, because the copies would share what is above 63.
/// </summary>
internal struct IndexSet
{
    private ulong _first;
    private ulong[]? _others;

    /// <summary>Whether the set contains a number.</summary>
    public readonly bool Contains(int number) =>
        number < 64 ? (_first >> number & 1) != 0
        : _others is { } others && number / 64 <= others.Length && (others[(number / 64) - 1] >> (number % 64) & 1) != 0;

    /// <summary>Adds a number.</summary>
    public void Add(int number)
    {
        if (number < 64)
        {
            _first |= 1UL << number;
            return;
        }

        var word = (number / 64) - 1;
        if (_others is null || word >= _others.Length)
        {
            Array.Resize(ref _others, word + 1);
        }

        _others[word] |= 1UL << (number % 64);
    }

    /// <summary>Removes all numbers.</summary>
    public void Clear()
    {
        _first = 0;
        if (_others is not null)
        {
            Array.Clear(_others);
        }
    }
}
