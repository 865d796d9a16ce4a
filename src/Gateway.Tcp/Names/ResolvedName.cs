using System.Net;
using System.Net.Sockets;

namespace Gateway.Tcp.Names;

/// <summary>
/// The cached answer for one host name.
/// <para>
/// 1. An answer is fresh for 5 s, because getaddrinfo reports no TTL. This bounds the load on the name server, and the time until the
/// gateway follows a backend that has moved.
/// 2. A failure is fresh for 1 s, so that a dead name server is asked once a second and not once per connection.
/// 3. Callers that ask at the same time share one question. They get the last good answer meanwhile, and do not wait for the refresh unless
/// they ask for that.
/// 4. While the name server is in trouble, the last good answer serves for 10 minutes.
/// </para>
/// </summary>
/// <param name="query">Asks the system, without a time limit. An exception says that there are no addresses.</param>
/// <param name="time">For the age of answers and the limit of a wait.</param>
internal sealed class ResolvedName(Func<Task<IPAddress[]>> query, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FreshFailure = TimeSpan.FromSeconds(1);

    // A failure of the name server says nothing about the destination, so the last addresses stay valid for this long.
    private static readonly TimeSpan LongestStale = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();

    // The open question; not null until the answer is there. After LongestWait the task completes with no addresses, although the question
    // stays open. Later callers then get this result at once.
    private TaskCompletionSource<IPAddress[]>? _asked;
    private IPAddress[]? _answer;
    private long _answeredAt;
    private IPAddress[]? _lastGood;
    private long _lastGoodAt;

    /// <summary>
    /// Whether another question may get a different answer: "no such host" stays the same, "try again" may change.
    /// </summary>
    public static bool IsTemporary(SocketException error) => error.SocketErrorCode is SocketError.TryAgain or SocketError.NoRecovery;

    /// <summary>
    /// The addresses; empty if there are none, or if none came in time. The caller tries its next destination in both cases.
    /// </summary>
    /// <param name="patience">How long to wait for a refresh before the last good answer serves.</param>
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
            // The question stays open, and its answer is still stored when it comes.
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
            // A name is gone if the name server has answered that there is no such name, or if the text cannot be a name (longer than 255
            // characters). All exceptions are caught, because the waiting callers must get an answer in any case.
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

            // The age counts from the answer, not from the question, because an answer that took 4 s would be nearly outdated at once.
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
