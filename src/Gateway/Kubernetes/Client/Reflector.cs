using System.Text.Json;

namespace Gateway.Kubernetes.Client;

/// <summary>
/// Keeps a <see cref="ResourceStore{T}"/> as the API server has it.
/// <para>
/// 1. A list, page by page, gives all objects and a version. 2. A watch gives every change after this version. Its end is no failure, and
/// the next watch begins at the version of the last event or bookmark; so does the watch after a reset. 3. If the server no longer knows
/// the version (410 Gone), the list begins anew, and the store tells what is different. 4. After a failure comes a wait that grows
/// (<see cref="Backoff"/>). Meanwhile the store stays as it is: what was known last serves on.
/// </para>
/// </summary>
/// <param name="client">Asks the API server.</param>
/// <param name="scope">What is listed and watched.</param>
/// <param name="metrics">Counts.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Hears when the server is lost and found.</param>
internal sealed partial class Reflector<T>(
    ApiClient client, ResourceScope<T> scope, KubernetesMetrics metrics, TimeProvider time, ILogger logger) : IAsyncDisposable
    where T : class, IResource
{
    // The server ends a watch after this time, so that its next instance in turn gets a share of the watches. client-go: 5 to 10 minutes.
    private static readonly TimeSpan ShortestWatch = TimeSpan.FromMinutes(5);

    // A watch that is silent for longer than it may last is dead.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    // A watch that ends earlier than this, and has said nothing, is not worth the next request at once.
    private static readonly TimeSpan WorthIt = TimeSpan.FromSeconds(5);

    // A million objects. A list that never ends would fill the memory.
    private const int MostPages = 4000;

    private readonly CancellationTokenSource _stop = new();
    private readonly Backoff _backoff = new(Random.Shared);
    private Task? _loop;
    private string? _version;
    private ulong _highest;

    /// <summary>What the server has.</summary>
    public ResourceStore<T> Store { get; } = new();

    /// <summary>How well it goes.</summary>
    public ReflectorState State { get; } = new(scope.Type.Plural, time);

    /// <summary>Begins. Once.</summary>
    public void Start()
    {
        metrics.Add(State, () => Store.Count);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Ends. The store stays as it is.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await (_loop ?? Task.CompletedTask);
        metrics.Remove(State);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            TimeSpan wait;
            try
            {
                if (_version is null)
                {
                    await ListAsync();
                }

                wait = TimeSpan.Zero;
                if (await WatchAsync())
                {
                    _backoff.Reset();
                }
                else
                {
                    wait = _backoff.Next();
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (ApiException gone) when (gone.IsGone)
            {
                Log.Gone(logger, scope.Type.Plural, _version);
                _version = null;
                wait = _backoff.Next();
            }
#pragma warning disable CA1031 // If the loop ended, the gateway would follow nothing any more.
            catch (Exception problem)
#pragma warning restore CA1031
            {
                wait = Fail(problem);
            }

            await Task.Delay(wait, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ListAsync()
    {
        var items = new List<T>();
        var page = new ListMeta();
        for (var pages = 0; pages == 0 || !string.IsNullOrEmpty(page.Continue); pages++)
        {
            if (pages == MostPages)
            {
                throw new IOException($"The list has more than {MostPages} pages.");
            }

            var read = await client.ListAsync(scope, page.Continue, _stop.Token);
            State.Contacted();
            items.AddRange((read.Items ?? []).OfType<T>());
            items.AddRange(read.Unreadable.Select(LastKnown).OfType<T>());
            page = read.Metadata;
        }

        metrics.Listed(scope.Type.Plural);
        Store.Replace(items);
        (_version, _highest) = (page.ResourceVersion, ObjectMeta.NumberOf(page.ResourceVersion));
        Work();
    }

    // As with an event that cannot be read: what was known of the object stays.
    private T? LastKnown((ResourceKey? Key, string Problem) unreadable)
    {
        Log.Unreadable(logger, scope.Type.Plural, $"{unreadable.Key}: {unreadable.Problem}");
        return unreadable.Key is { } key && Store.TryGet(key.Namespace, key.Name, out var known) ? known : null;
    }

    // Whether the next watch may begin at once.
    private async Task<bool> WatchAsync()
    {
        var length = ShortestWatch * (1 + Random.Shared.NextDouble());
        var began = time.GetTimestamp();
        var hasEvents = false;
        using var limit = new CancellationTokenSource(length + Grace, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, limit.Token);
        using var response = await client.WatchAsync(scope, _version!, length, _stop.Token);
        try
        {
            Work();
            State.IsWatching = true;
            await using var body = await response.Content.ReadAsStreamAsync(end.Token);
            await WatchReader.ReadAsync(
                body,
                scope.Type.Object,
                change =>
                {
                    hasEvents = true;
                    Take(change);
                },
                end.Token);
            return hasEvents || time.GetElapsedTime(began) >= WorthIt;
        }
        finally
        {
            State.Contacted();
            State.IsWatching = false;
        }
    }

    private void Take(in WatchEvent<T> change)
    {
        metrics.Received(scope.Type.Plural);
        _backoff.Reset();
        if (change.Object is not { } item)
        {
            Log.Unreadable(logger, scope.Type.Plural, change.Problem);
            return;
        }

        // Events may come in the wrong order: the next watch must not begin before the newest of them.
        var version = item.Metadata.ResourceVersion;
        var number = ObjectMeta.NumberOf(version);
        if (version.Length > 0 && (number == 0 || number > _highest))
        {
            (_version, _highest) = (version, number);
        }

        Store.Apply(change);
    }

    private void Work()
    {
        State.Contacted();
        if (State.Problem is { } problem)
        {
            State.Problem = null;
            Log.Found(logger, scope.Type.Plural, client.Access.Server, problem);
        }
    }

    private TimeSpan Fail(Exception problem)
    {
        // The version is newer than the server knows, because another instance of it lags behind: the list says what it knows.
        if (problem is ApiException { Status: 400 or 504 })
        {
            _version = null;
        }

        metrics.Failed(scope.Type.Plural);
        var wait = _backoff.Next((problem as ApiException)?.RetryAfter);
        var why = problem switch
        {
            ApiException refused => $"{refused.Status} {refused.Reason}: {refused.Message}",
            OperationCanceledException => "no answer in time",
            JsonException => $"the answer cannot be read: {problem.Message}",
            _ => problem.GetBaseException().Message,
        };
        if (State.Problem is null)
        {
            Log.Lost(logger, scope.Type.Plural, client.Access.Server, why);
        }

        State.Problem = why;
        return wait;
    }
}
