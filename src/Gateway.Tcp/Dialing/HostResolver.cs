using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Gateway.Tcp.Dialing;

/// <summary>
/// Resolves host names to A and AAAA addresses, with a short cache: getaddrinfo tells no TTL, and 5 s bounds both the load on the name server and the
/// time until a moved backend is followed. A failed answer is kept for 1 s, so that a dead name server is asked once a second and not once a
/// connection. Callers that ask for the same name at once share one question, and nobody waits for a refresh: the last good answer serves meanwhile, and for
/// 10 minutes while the name server is in trouble.
/// </summary>
internal sealed class HostResolver
{
    // Names come from configuration, so this is a bound against a mistake of ours, not against attackers.
    private const int MostNames = 4096;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FreshFailure = TimeSpan.FromSeconds(1);

    // glibc waits 5 s for a name server before it asks the next one.
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(6);

    // Trouble of the name server is not the destination's: its last addresses are good for this long.
    private static readonly TimeSpan LongestStale = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, LastGood> _lastGood = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, Answer> _answers = new(StringComparer.OrdinalIgnoreCase);
    private readonly TimeProvider _time;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _query;
    private readonly ResiliencePipeline _pipeline;

    public HostResolver(TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>>? query = null)
    {
        _time = time;
        _query = query ?? Dns.GetHostAddressesAsync;
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = 1,
                Delay = TimeSpan.Zero,
                ShouldHandle = new PredicateBuilder().Handle<SocketException>(IsTemporary).Handle<TimeoutRejectedException>(),
            })
            .AddTimeout(AttemptTimeout)
            .Build();
    }

    /// <summary>The addresses of a destination, v4-mapped ones unmapped, in the resolver's order; empty if there are none.</summary>
    public ValueTask<IPEndPoint[]> ResolveAsync(DestinationModel destination) =>
        destination.Literal is { } literal ? new(literal) : ResolveNameAsync(destination);

    private async ValueTask<IPEndPoint[]> ResolveNameAsync(DestinationModel destination)
    {
        var addresses = await Ask(destination.Host);
        return [.. addresses.Select(address => new IPEndPoint(address, destination.Port))];
    }

    private Task<IPAddress[]> Ask(string host)
    {
        while (true)
        {
            if (_answers.TryGetValue(host, out var known) && !known.IsStale(_time))
            {
                return AnswerOf(known, host);
            }

            if (_answers.Count >= MostNames)
            {
                _answers.Clear();
                _lastGood.Clear();
            }

            var fresh = new Answer(_time.GetTimestamp(), new Lazy<Task<IPAddress[]>>(() => QueryAsync(host)));
            if (known is null ? _answers.TryAdd(host, fresh) : _answers.TryUpdate(host, fresh, known))
            {
                return AnswerOf(fresh, host);
            }
        }
    }

    // While the question is open, the last good answer serves: nobody waits for a refresh.
    private Task<IPAddress[]> AnswerOf(Answer answer, string host)
    {
        var pending = answer.Addresses.Value;
        return !pending.IsCompleted && Last(host) is { } last ? Task.FromResult(last) : pending;
    }

    private IPAddress[]? Last(string host) =>
        _lastGood.TryGetValue(host, out var last) && _time.GetElapsedTime(last.At) < LongestStale ? last.Addresses : null;

    // A failure is an answer without addresses: the caller tries its next destination either way.
    private async Task<IPAddress[]> QueryAsync(string host)
    {
        try
        {
            var addresses = await _pipeline.ExecuteAsync(
                static async (state, cancellation) => await state._query(state.host, cancellation), (_query, host), CancellationToken.None);
            IPAddress[] unmapped = [.. addresses.Select(static address => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).Distinct()];
            _lastGood[host] = new LastGood(unmapped, _time.GetTimestamp());
            return unmapped;
        }
        catch (SocketException error) when (IsTemporary(error))
        {
            return Last(host) ?? [];
        }
        catch (SocketException)
        {
            // The name server has answered: there is no such name (any more).
            _lastGood.TryRemove(host, out _);
            return [];
        }
        catch (TimeoutRejectedException)
        {
            return Last(host) ?? [];
        }
        catch (ArgumentException)
        {
            // A name that cannot be one: longer than 255 characters.
            return [];
        }
    }

    // "No such host" will not be different the second time; "try again" may be.
    private static bool IsTemporary(SocketException error) => error.SocketErrorCode is SocketError.TryAgain or SocketError.NoRecovery;

    private sealed record LastGood(IPAddress[] Addresses, long At);

    private sealed record Answer(long AskedAt, Lazy<Task<IPAddress[]>> Addresses)
    {
        public bool IsStale(TimeProvider time)
        {
            if (!Addresses.Value.IsCompletedSuccessfully)
            {
                return Addresses.Value.IsCompleted;
            }

            var limit = Addresses.Value.Result.Length == 0 ? FreshFailure : Fresh;
            return time.GetElapsedTime(AskedAt) >= limit;
        }
    }
}
