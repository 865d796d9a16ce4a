using System.Globalization;
using System.Text.Json.Nodes;

namespace Gateway.Testing.Kubernetes;

/// <summary>The objects of the test server, and what has happened to them, as etcd keeps it. Safe from any thread.</summary>
public sealed class ApiStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Plural, string Group, string Namespace, string Name), JsonObject> _objects = [];
    private readonly List<ApiChange> _history = [];
    private TaskCompletionSource _news = New();
    private long _version = 1000;
    private long _compacted = 1000;

    /// <summary>The version of the newest change.</summary>
    public long Version => Interlocked.Read(ref _version);

    /// <summary>Puts an object, new or changed. Gives it a version, and the metadata that a server adds.</summary>
    /// <returns>A copy of what is stored.</returns>
    public JsonObject Put(ApiKind kind, JsonObject written)
    {
        lock (_lock)
        {
            var item = written.DeepClone().AsObject();
            var meta = item["metadata"]!.AsObject();
            var key = KeyOf(kind, meta);
            var before = _objects.GetValueOrDefault(key);
            item["kind"] = kind.Kind;
            item["apiVersion"] = kind.ApiVersion;
            meta["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
            meta["uid"] = before?["metadata"]!["uid"]!.DeepClone() ?? Guid.NewGuid().ToString();
            meta["creationTimestamp"] = before?["metadata"]!["creationTimestamp"]!.DeepClone()
                ?? DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            var isSame = before is not null && JsonNode.DeepEquals(before["spec"], item["spec"]);
            var generation = before?["metadata"]!["generation"]?.GetValue<long>() ?? 0;
            meta["generation"] = isSame ? generation : generation + 1;
            _objects[key] = item;
            Add(new ApiChange(_version, before is null ? "ADDED" : "MODIFIED", kind, key.Namespace, item));
            return item.DeepClone().AsObject();
        }
    }

    /// <summary>Deletes an object.</summary>
    /// <returns>What it was; null: it was not there.</returns>
    public JsonObject? Delete(ApiKind kind, string ns, string name)
    {
        lock (_lock)
        {
            if (!_objects.Remove((kind.Plural, kind.Group, ns, name), out var before))
            {
                return null;
            }

            var last = before.DeepClone().AsObject();
            last["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
            Add(new ApiChange(_version, "DELETED", kind, ns, last));
            return last;
        }
    }

    /// <summary>Finds an object: a copy; null: it is not there.</summary>
    public JsonObject? Find(ApiKind kind, string ns, string name)
    {
        lock (_lock)
        {
            return _objects.GetValueOrDefault((kind.Plural, kind.Group, ns, name))?.DeepClone().AsObject();
        }
    }

    /// <summary>All objects of a type, and the version at which they are so.</summary>
    /// <param name="kind">The type. Every version of a group has the same objects.</param>
    /// <param name="ns">The namespace; null: all.</param>
    public (IReadOnlyList<JsonObject> Items, long Version) List(ApiKind kind, string? ns)
    {
        lock (_lock)
        {
            var items = _objects
                .Where(entry => entry.Key.Plural == kind.Plural && entry.Key.Group == kind.Group)
                .Where(entry => ns is null || ns == entry.Key.Namespace)
                .OrderBy(entry => $"{entry.Key.Namespace}/{entry.Key.Name}", StringComparer.Ordinal)
                .Select(entry => entry.Value.DeepClone().AsObject());
            return ([.. items], _version);
        }
    }

    /// <summary>Forgets what has happened until now: a watch from an older version is answered with 410.</summary>
    public void Compact()
    {
        lock (_lock)
        {
            _history.Clear();
            // A watch from the newest version is too old from now on too.
            _compacted = ++_version;
            Wake();
        }
    }

    /// <summary>What has happened after a version; null: that is forgotten.</summary>
    /// <param name="after">The version.</param>
    /// <param name="news">Completes with the next change.</param>
    internal IReadOnlyList<ApiChange>? Since(long after, out Task news)
    {
        lock (_lock)
        {
            news = _news.Task;
            return after < _compacted ? null : [.. _history.SkipWhile(change => change.Version <= after)];
        }
    }

    /// <summary>Adds a change that no object shows: a duplicate, or one in the wrong order.</summary>
    internal void Inject(string type, ApiKind kind, JsonObject item)
    {
        lock (_lock)
        {
            var ns = item["metadata"]!["namespace"]?.GetValue<string>() ?? "";
            Add(new ApiChange(++_version, type, kind, ns, item.DeepClone().AsObject()));
        }
    }

    /// <summary>Wakes all watches.</summary>
    internal void Wake()
    {
        lock (_lock)
        {
            var news = _news;
            _news = New();
            news.SetResult();
        }
    }

    private void Add(ApiChange change)
    {
        _history.Add(change);
        Wake();
    }

    private static (string Plural, string Group, string Namespace, string Name) KeyOf(ApiKind kind, JsonObject meta) =>
        (kind.Plural, kind.Group, kind.IsNamespaced ? meta["namespace"]!.GetValue<string>() : "", meta["name"]!.GetValue<string>());

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
