using System.Net;
using System.Net.Sockets;

namespace Gateway.Tcp.Names;

/// <summary>
/// What is known of one host name. getaddrinfo tells no TTL, and 5 s bounds both the load on the name server and the time until a moved
/// backend is followed. A failure is kept for 1 s, so that a dead name server is asked once a second and not once a connection. Those who
/// ask at once share one question, and nobody waits for a refresh unless asked to: the last good answer serves meanwhile, and for 10
/// minutes while the name server is in trouble.
/// </summary>
/// <param name="query">Asks. Its time is not limited; an exception says that there are no addresses.</param>
/// <param name="time">For ages and the limit of a wait.</param>
internal sealed class ResolvedName(Func<Task<IPAddress[]>> query, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FreshFailure = TimeSpan.FromSeconds(1);

    // Trouble of the name server is not the destination's: its last addresses are good for this long.
    private static readonly TimeSpan LongestStale = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();

    // Not null from question to answer, also long after those who waited were told that there is none: then it has ended, and later ones
    // are told so at once.
    private TaskCompletionSource<IPAddress[]>? _asked;
    private IPAddress[]? _answer;
    private long _answeredAt;
    private IPAddress[]? _lastGood;
    private long _lastGoodAt;

    /// <summary>
    /// Whether the name server might say something else when asked again: "no such host" will not be different, "try again" may be.
    /// </summary>
    public static bool IsTemporary(SocketException error) => error.SocketErrorCode is SocketError.TryAgain or SocketError.NoRecovery;

    /// <summary>The addresses; empty if there are none, or none came in time: the caller tries its next destination either way.</summary>
    /// <param name="patience">How long a refresh is waited for before the last good answer serves.</param>
    public ValueTask<IPAddress[]> AskAsync(TimeSpan patience = default)
    {
        TaskCompletionSource<IPAddress[]> asked;
        var isNew = false;
        lock (_lock)
        {
            if (_answer is { } answer && time.GetElapsedTime(_answeredAt) < (answer.Length == 0 ? FreshFailure : Fresh))
            {
                return new(answer);
            }

            if (_asked is null)
            {
                isNew = true;
                _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            asked = _asked;
        }

        if (isNew)
        {
            _ = AskAsync(asked);
        }

        return Last() is not { } last ? new(asked.Task)
            : patience > TimeSpan.Zero && !asked.Task.IsCompleted ? new(WaitAsync(asked.Task, last, patience))
            : new(last);
    }

    private async Task<IPAddress[]> WaitAsync(Task<IPAddress[]> refresh, IPAddress[] last, TimeSpan patience)
    {
        try
        {
            return await refresh.WaitAsync(patience, time);
        }
        catch (TimeoutException)
        {
            return last;
        }
    }

    private async Task AskAsync(TaskCompletionSource<IPAddress[]> asked)
    {
        try
        {
            asked.SetResult(await QueryAsync().WaitAsync(HostResolver.LongestWait, time));
        }
        catch (TimeoutException)
        {
            // The question stays open, and its answer will be welcome whenever it comes.
            asked.SetResult([]);
        }
    }

    private async Task<IPAddress[]> QueryAsync()
    {
        IPAddress[] answer = [];
        var isGone = true;
        try
        {
            answer = [.. (await query()).Select(static address => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).Distinct()];
        }
        catch (Exception problem)
        {
            // Gone: the name server has answered that there is no such name (any more), or it cannot be one (longer than 255 characters).
            // Whatever else it is, those who wait must be told.
            isGone = problem is ArgumentException || (problem is SocketException error && !IsTemporary(error));
        }

        lock (_lock)
        {
            var now = time.GetTimestamp();
            if (answer.Length > 0)
            {
                (_lastGood, _lastGoodAt) = (answer, now);
            }
            else
            {
                _lastGood = isGone ? null : _lastGood;
                answer = Last() ?? answer;
            }

            // From the answer, not from the question: one that took 4 s is not old at once.
            (_answer, _answeredAt, _asked) = (answer, now, null);
        }

        return answer;
    }

    private IPAddress[]? Last()
    {
        lock (_lock)
        {
            return _lastGood is not null && time.GetElapsedTime(_lastGoodAt) < LongestStale ? _lastGood : null;
        }
    }
}
