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
/// A question is a call of getaddrinfo, which cannot be cancelled. With a dead name server it takes 20 s or more, even if its token is
/// cancelled. So the wait for an answer has its own limit, each name has at most one open question, and questions run on their own threads.
/// On the thread pool, two dead names would block both workers of a machine with two cores, and everything else with them.
/// </para>
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for has nothing to dispose of.")]
internal sealed class HostResolver
{
    /// <summary>The longest wait for an answer. glibc waits 5 s for a name server before it asks the next server.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(6);

    // Names come from configuration, so this bound protects against a bug of the gateway, not against attackers.
    private const int MostNames = 4096;

    // The most threads that a dead name server may hold. Further questions wait for a free thread, and this wait counts towards
    // LongestWait.
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
    /// The addresses of a destination in the resolver's order, v4-mapped addresses unmapped; empty if there are none. Completes at once if
    /// the addresses are known.
    /// </summary>
    /// <param name="destination">The destination.</param>
    /// <param name="patience">
    /// How long to wait for a fresh answer before an outdated answer is used. Defaults to zero.
    /// </param>
    public ValueTask<IPEndPoint[]> ResolveAsync(DestinationModel destination, TimeSpan patience = default) =>
        destination.Literal is { } literal ? new(literal)
            : destination.Source?.AskAsync() ?? ResolveAsync(destination.Host, destination.Port, patience);

    /// <summary>The addresses of a host name, with a port.</summary>
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
