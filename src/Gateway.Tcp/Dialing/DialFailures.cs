using System.Net.Sockets;
using System.Text;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Dialing;

/// <summary>The failed attempts of one dial. Most dials have none.</summary>
internal sealed class DialFailures
{
    // A log line with more failed attempts would be too long to read.
    private const int MostDescribed = 4;

    private readonly List<DialResult> _first = [];

    /// <summary>The number of failed attempts that asked a destination, in the rounds of the mode and of its fallback.</summary>
    public int Asked { get; private set; }

    /// <summary>
    /// The number of attempts of this round that failed before a destination was asked, because the client's address cannot be the source.
    /// Such attempts cost no time, and they do not use up the attempts of the fallback's round.
    /// </summary>
    public int Own { get; private set; }

    /// <summary>The last failed attempt that asked a destination; null: no attempt did.</summary>
    public DialResult? LastAsked { get; private set; }

    /// <summary>Begins with all destinations anew.</summary>
    public void BeginAgain() => (Asked, Own) = (0, 0);

    /// <summary>Begins another round.</summary>
    public void BeginRound() => Own = 0;

    /// <summary>Adds a failed attempt.</summary>
    public void Add(in DialResult result)
    {
        if (_first.Count < MostDescribed)
        {
            _first.Add(result);
        }

        if (result.Failure == CloseReason.SourceIpUnusable)
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
    /// The first failed attempts, as <c>failed:redis-0,10.1.0.20:6379,ConnectionRefused;redis-1,10.1.0.21:6379,TimedOut</c>, without the
    /// attempt that the conclusion reports; null: there are no others.
    /// </summary>
    public string? Describe(in DialResult conclusion)
    {
        StringBuilder? text = null;
        foreach (var failed in _first)
        {
            if (conclusion.Failure is null || failed.Address != conclusion.Address)
            {
                text = text?.Append(';') ?? new StringBuilder("failed:");
                text.Append(failed.Destination!.Name).Append(',').Append(failed.Address).Append(',')
                    .Append(failed.Problem ?? nameof(SocketError.Success));
            }
        }

        return text?.ToString();
    }
}
