namespace Gateway.Kubernetes.Client;

/// <summary>
/// How long to wait after a failure: twice as long each time, and by chance up to half less. Many gateways lose an API server at the same
/// moment, and must not come back at the same moment.
/// </summary>
/// <param name="random">For the chance.</param>
internal sealed class Backoff(Random random)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private int _failures;

    /// <summary>The wait after one more failure.</summary>
    /// <param name="atLeast">What the server asked for; null: nothing. Counts up to the longest wait.</param>
    public TimeSpan Next(TimeSpan? atLeast = null)
    {
        var full = First * Math.Pow(2, Math.Min(_failures++, 8));
        var wait = (full < Longest ? full : Longest) * (1 - (random.NextDouble() / 2));
        return atLeast is not { } asked || asked < wait ? wait : asked < Longest ? asked : Longest;
    }

    /// <summary>The server works again.</summary>
    public void Reset() => _failures = 0;
}
