using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Kubernetes.Client;
using Gateway.Kubernetes.GatewayApi.Objects;
using Gateway.Kubernetes.GatewayApi.Translation;

namespace Gateway.Kubernetes.GatewayApi;

/// <summary>
/// Writes the statuses of objects, if this replica is the one that does (<see cref="LeaderElection"/>).
/// <para>
/// A status is written only if it says something else than what this replica wrote last. Before that the object is read, because other
/// controllers may have written to its status, and the write names the version that was read. What fails is tried again, and keeps no
/// other status from being written.
/// </para>
/// </summary>
internal sealed partial class StatusWriter : IAsyncDisposable
{
    private const string Json = "application/json";

    private readonly ApiClient _client;
    private readonly LeaderElection _election;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly Dictionary<string, string> _written = [];
    private readonly HashSet<string> _paths = [];
    private readonly Task _loop;
    private volatile Wanted? _wanted;
    private Task? _waiting;
    private string? _problem;
    private string? _failure;
    private long? _asked;

    /// <summary>Begins.</summary>
    /// <param name="client">Asks the API server.</param>
    /// <param name="election">Decides which replica writes.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears what goes wrong.</param>
    public StatusWriter(ApiClient client, LeaderElection election, TimeProvider time, ILogger logger)
    {
        (_client, _election, _time, _logger) = (client, election, time, logger);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Writes these statuses from now on. From any thread.</summary>
    /// <param name="objects">The statuses.</param>
    /// <param name="addresses">The addresses on which clients reach the gateway.</param>
    public void Write(TranslatedObjects objects, IReadOnlyList<string> addresses)
    {
        _wanted = new Wanted(objects, addresses);
        if (_signal.CurrentCount == 0)
        {
            try
            {
                _signal.Release();
            }
            catch (SemaphoreFullException)
            {
                // Another thread was faster: the loop is awake.
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await _election.ReleaseAsync(limit.Token);
        }
#pragma warning disable CA1031 // The end of the process must not wait for the API server.
        catch (Exception problem)
#pragma warning restore CA1031
        {
            Log.Failed(_logger, problem.Message);
        }

        _stop.Dispose();
        _signal.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            _failure = null;
            try
            {
                if (_wanted is { } wanted && await IsTurnAsync())
                {
                    await WriteAllAsync(wanted);
                }
                else
                {
                    // Another replica writes now. If the turn comes back, nothing is known of what it wrote.
                    _written.Clear();
                }

                Say(_failure);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // If the loop ended, no status would be written any more.
            catch (Exception problem)
#pragma warning restore CA1031
            {
                Say(problem.Message);
            }

            // A wait that the interval has ended goes on: it would take the next signal from the wait after it.
            _waiting ??= _signal.WaitAsync(_stop.Token);
            await _waiting.WaitAsync(LeaderElection.Interval, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _waiting = _waiting.IsCompleted ? null : _waiting;
        }
    }

    // A cluster that never rests does not renew the Lease with each change.
    private async Task<bool> IsTurnAsync()
    {
        if (_asked is not { } asked || _time.GetElapsedTime(asked) >= LeaderElection.Interval / 2)
        {
            _asked = null;
            await _election.TryAsync(_stop.Token);
            _asked = _time.GetTimestamp();
        }

        return _election.IsLeader;
    }

    private async Task WriteAllAsync(Wanted wanted)
    {
        var (objects, now) = (wanted.Objects, _time.GetUtcNow());
        _paths.Clear();
        if (objects.Class is { } ours)
        {
            var path = GatewayClassObject.Type.PathOf(null, ours.Object.Name);
            await WriteAsync(path, ours.Object, item => StatusJson.Write(item, ours, now));
        }

        foreach (var gateway in objects.Gateways)
        {
            var path = GatewayObject.Type.PathOf(gateway.Object.Namespace, gateway.Object.Name);
            await WriteAsync(path, gateway.Object, item => StatusJson.Write(item, gateway, wanted.Addresses, now));
        }

        foreach (var route in objects.RouteStatuses)
        {
            var type = route.Kind switch
            {
                ApiNames.TcpRoute => RouteObject.Tcp,
                ApiNames.TlsRoute => RouteObject.Tls,
                _ => RouteObject.Http,
            };
            var path = type.PathOf(route.Object.Namespace, route.Object.Name);
            await WriteAsync(path, route.Object, item => StatusJson.Write(item, route, now));
        }

        foreach (var policy in objects.PolicyStatuses)
        {
            var path = PolicyObject.Type.PathOf(policy.Object.Namespace, policy.Object.Name);
            await WriteAsync(path, policy.Object, item => StatusJson.Write(item, policy, now));
        }

        // Of objects that are gone nothing is kept.
        foreach (var gone in _written.Keys.Where(path => !_paths.Contains(path)).ToList())
        {
            _written.Remove(gone);
        }
    }

    private async Task WriteAsync(string path, ObjectMeta meta, Action<JsonObject> write)
    {
        _paths.Add(path);
        try
        {
            await WriteIfNewAsync(path, meta, write);
        }
#pragma warning disable CA1031 // A status that the server refuses must not keep the next ones from being written.
        catch (Exception problem) when (problem is not (HttpRequestException or OperationCanceledException))
#pragma warning restore CA1031
        {
            _failure ??= problem.Message;
        }
    }

    private async Task WriteIfNewAsync(string path, ObjectMeta meta, Action<JsonObject> write)
    {
        // What the status says, without times: written into an empty object.
        var draft = new JsonObject { ["status"] = new JsonObject() };
        write(draft);
        var said = $"{meta.Uid} {WithoutTimes(draft)}";
        if (_written.GetValueOrDefault(path) == said)
        {
            return;
        }

        var (status, body) = await _client.SendAsync(HttpMethod.Get, path, null, Json, _stop.Token);
        if (status == HttpStatusCode.NotFound)
        {
            return;
        }

        if (status != HttpStatusCode.OK || JsonNode.Parse(body) is not JsonObject item)
        {
            throw new ApiException((int)status, null, $"{path} cannot be read: status {(int)status}");
        }

        var uid = item["metadata"]?["uid"]?.GetValue<string>();
        var generation = item["metadata"]?["generation"]?.GetValue<long>() ?? 0;
        if (uid != meta.Uid || generation > meta.Generation)
        {
            // The object is a newer one than the translation knows: the next translation is on its way.
            return;
        }

        item["status"] ??= new JsonObject();
        var before = item["status"]!.DeepClone();
        write(item);
        if (!JsonNode.DeepEquals(before, item["status"]))
        {
            var (answer, _) = await _client.SendAsync(
                HttpMethod.Put, $"{path}/status", Encoding.UTF8.GetBytes(item.ToJsonString()), Json, _stop.Token);
            if (answer != HttpStatusCode.OK)
            {
                throw new ApiException((int)answer, null, $"{path}/status cannot be written: status {(int)answer}");
            }
        }

        _written[path] = said;
    }

    private static string WithoutTimes(JsonNode node)
    {
        foreach (var condition in Conditions(node).ToList())
        {
            condition.Remove("lastTransitionTime");
        }

        return node.ToJsonString();
    }

    private static IEnumerable<JsonObject> Conditions(JsonNode? node) => node switch
    {
        JsonObject item => item.Where(static member => member.Key != "conditions").SelectMany(static member => Conditions(member.Value))
            .Concat((item["conditions"] as JsonArray ?? []).OfType<JsonObject>()),
        JsonArray list => list.SelectMany(Conditions),
        _ => [],
    };

    private void Say(string? problem)
    {
        // Said once, and again when it is another one: the same problem comes back every few seconds.
        if (problem is not null && problem != _problem)
        {
            Log.Failed(_logger, problem);
        }

        _problem = problem;
    }

    private sealed record Wanted(TranslatedObjects Objects, IReadOnlyList<string> Addresses);

    private static partial class Log
    {
        [LoggerMessage(1722, LogLevel.Warning, "Gateway API: statuses cannot be written, and are tried again: {Problem}")]
        public static partial void Failed(ILogger logger, string problem);
    }
}
