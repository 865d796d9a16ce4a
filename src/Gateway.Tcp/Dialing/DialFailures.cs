using System.Text;

namespace Gateway.Tcp.Dialing;

/// <summary>The attempts of a dial that failed. Most dials have none.</summary>
internal sealed class DialFailures
{
    // As much as an operator reads, and a line holds.
    private const int MostDescribed = 4;

    private readonly List<DialResult> _first = [];

    /// <summary>How many asked a destination, in all rounds.</summary>
    public int Asked { get; private set; }

    /// <summary>
    /// How many of this round failed before any destination was asked. They cost no time, and the fallback none of its attempts.
    /// </summary>
    public int Own { get; private set; }

    /// <summary>The last that asked a destination; null: none did.</summary>
    public DialResult? LastAsked { get; private set; }

    /// <summary>Another round begins.</summary>
    public void BeginRound() => Own = 0;

    /// <summary>Adds one.</summary>
    public void Add(in DialResult result)
    {
        if (_first.Count < MostDescribed)
        {
            _first.Add(result);
        }

        if (result.Failure == DialFailure.SourceIp)
        {
            Own++;
        }
        else
        {
            Asked++;
            LastAsked = result;
        }
    }

    /// <summary>
    /// The first of them, as <c>failed:redis-0,10.1.0.20:6379,ConnectionRefused;redis-1,10.1.0.21:6379,TimedOut</c>, without that which the
    /// conclusion itself tells; null: there are no others.
    /// </summary>
    public string? Describe(in DialResult conclusion)
    {
        StringBuilder? text = null;
        foreach (var failed in _first)
        {
            if (conclusion.Failure == DialFailure.None || failed.Address != conclusion.Address)
            {
                text = text?.Append(';') ?? new StringBuilder("failed:");
                text.Append(failed.Destination!.Name).Append(',').Append(failed.Address).Append(',').Append(failed.Error);
            }
        }

        return text?.ToString();
    }
}
