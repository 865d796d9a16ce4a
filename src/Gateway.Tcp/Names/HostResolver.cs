using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Clusters;
using Polly;
using Polly.Retry;

namespace Gateway.Tcp.Names;

/// <summary>
/// Resolves host names to A and AAAA addresses, with a short cache (<see cref="ResolvedName"/>).
/// <para>
/// A question is getaddrinfo, which cannot be called off: towards a dead name server it takes 20 s and more, whatever token it was given.
/// So waiting for an answer has a limit of its own, a name has one question open at most, and questions run on threads of their own: on the
/// thread pool two dead names would hold both workers of a machine with two cores, and everything else with them.
/// </para>
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for has nothing to dispose of.")]
internal sealed class HostResolver
{
    /// <summary>Nobody waits longer for an answer. glibc waits 5 s for a name server before it asks the next one.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(6);

    // Names come from configuration, so this is a bound against a mistake of ours, not against attackers.
    private const int MostNames = 4096;

    // Threads that a dead name server may hold. Names beyond that wait for one of them, as part of their limit.
    private const int MostQuestions = 128;

    private readonly ConcurrentDictionary<string, ResolvedName> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly SemaphoreSlim _room = new(MostQuestions);
    private readonly TimeProvider _time;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _query;
    private readonly ResiliencePipeline _pipeline;

    public HostResolver(TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>>? query = null)
    {
        _time = time;
        _query = query ?? AskSystemAsync;
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = 1,
                Delay = TimeSpan.Zero,
                ShouldHandle = new PredicateBuilder().Handle<SocketException>(ResolvedName.IsTemporary),
            })
            .Build();
    }

    /// <summary>
    /// The addresses of a destination, v4-mapped ones unmapped, in the resolver's order; empty if there are none. Complete at once if they
    /// are known.
    /// </summary>
    /// <param name="destination">The destination.</param>
    /// <param name="patience">
    /// How long a known answer that has become old is refreshed before it is used as it is. Defaults to not at all.
    /// </param>
    public ValueTask<IPEndPoint[]> ResolveAsync(DestinationModel destination, TimeSpan patience = default) =>
        destination.Literal is { } literal ? new(literal) : ResolveAsync(destination.Host, destination.Port, patience);

    /// <summary>The same of a name and a port.</summary>
    public async ValueTask<IPEndPoint[]> ResolveAsync(string host, int port, TimeSpan patience = default)
    {
        var addresses = await NameOf(host).AskAsync(patience);
        return Array.ConvertAll(addresses, address => new IPEndPoint(address, port));
    }

    private ResolvedName NameOf(string host)
    {
        if (_names.TryGetValue(host, out var known))
        {
            return known;
        }

        if (_names.Count >= MostNames)
        {
            _names.Clear();
        }

        return _names.GetOrAdd(host, static (host, resolver) => new ResolvedName(() => resolver.QueryAsync(host), resolver._time), this);
    }

    private async Task<IPAddress[]> QueryAsync(string host)
    {
        await _room.WaitAsync();
        try
        {
            return await _pipeline.ExecuteAsync(
                static async (state, cancellation) => await state._query(state.host, cancellation),
                (_query, host),
                CancellationToken.None);
        }
        finally
        {
            _room.Release();
        }
    }

    private static Task<IPAddress[]> AskSystemAsync(string host, CancellationToken cancellation) =>
        Task.Factory.StartNew(
            () => Dns.GetHostAddresses(host),
            cancellation,
            TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
            TaskScheduler.Default);
}
