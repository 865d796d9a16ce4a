using System.Diagnostics.CodeAnalysis;

namespace Gateway.Kubernetes.Client;

/// <summary>
/// The objects of a type that the API server has, as far as this process knows. One <see cref="Reflector{T}"/> writes; any thread reads.
/// <para>
/// Events may come twice or in the wrong order. An event that is older than what is known of its object changes nothing. Deleted objects
/// are remembered until a bookmark or a list says that no older event can come, so that a late event does not bring an object back.
/// </para>
/// </summary>
internal sealed class ResourceStore<T>
    where T : class, IResource
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ResourceKey, T> _objects = [];
    private readonly Dictionary<ResourceKey, ulong> _deleted = [];
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// An object has changed: what was known before (null: nothing), and what is known now (null: it is gone). Called in order, by one
    /// thread at a time, outside of the lock.
    /// </summary>
    public event Action<T?, T?>? Changed;

    /// <summary>All changes that came together have been told: a whole list, or one event.</summary>
    public event Action? Settled;

    /// <summary>Completes with the first list.</summary>
    public Task Synced => _synced.Task;

    /// <summary>The number of objects.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _objects.Count;
            }
        }
    }

    /// <summary>All objects, as they are now.</summary>
    public IReadOnlyList<T> All()
    {
        lock (_lock)
        {
            return [.. _objects.Values];
        }
    }

    /// <summary>Finds an object.</summary>
    public bool TryGet(string ns, string name, [NotNullWhen(true)] out T? found)
    {
        lock (_lock)
        {
            return _objects.TryGetValue(new(ns, name), out found);
        }
    }

    /// <summary>Takes over a whole list: what is not in it is gone.</summary>
    public void Replace(IReadOnlyList<T> list)
    {
        var changes = new List<(T? Before, T? After)>();
        lock (_lock)
        {
            _deleted.Clear();
            var gone = new HashSet<ResourceKey>(_objects.Keys);
            foreach (var item in list)
            {
                var key = item.Metadata.Key;
                gone.Remove(key);
                var before = _objects.GetValueOrDefault(key);
                if (before?.Metadata.ResourceVersion != item.Metadata.ResourceVersion || before.Metadata.Uid != item.Metadata.Uid)
                {
                    _objects[key] = item;
                    changes.Add((before, item));
                }
            }

            foreach (var key in gone)
            {
                _objects.Remove(key, out var before);
                changes.Add((before, null));
            }
        }

        foreach (var (before, after) in changes)
        {
            Changed?.Invoke(before, after);
        }

        _synced.TrySetResult();
        Settled?.Invoke();
    }

    /// <summary>Takes over an event.</summary>
    /// <returns>Whether it changed anything.</returns>
    public bool Apply(in WatchEvent<T> change)
    {
        if (change.Object is not { } item)
        {
            return false;
        }

        T? before;
        lock (_lock)
        {
            if (change.Kind == WatchKind.Bookmark)
            {
                ForgetDeleted(ObjectMeta.NumberOf(item.Metadata.ResourceVersion));
                return false;
            }

            var key = item.Metadata.Key;
            before = _objects.GetValueOrDefault(key);
            if (IsOld(before, change.Kind, key, item.Metadata.ResourceVersion))
            {
                return false;
            }

            if (change.Kind == WatchKind.Deleted)
            {
                _deleted[key] = ObjectMeta.NumberOf(item.Metadata.ResourceVersion);
                if (!_objects.Remove(key))
                {
                    return false;
                }
            }
            else
            {
                _deleted.Remove(key);
                _objects[key] = item;
            }
        }

        Changed?.Invoke(before, change.Kind == WatchKind.Deleted ? null : item);
        Settled?.Invoke();
        return true;
    }

    // A deletion has a version of its own. Servers before 1.9 give it the version of the last change.
    private bool IsOld(T? before, WatchKind kind, ResourceKey key, string version)
    {
        if (kind == WatchKind.Present && before?.Metadata.ResourceVersion == version)
        {
            return true;
        }

        var number = ObjectMeta.NumberOf(version);
        var known = before is null ? _deleted.GetValueOrDefault(key) : ObjectMeta.NumberOf(before.Metadata.ResourceVersion);
        return number != 0 && (number < known || (number == known && kind == WatchKind.Present));
    }

    private void ForgetDeleted(ulong upTo)
    {
        foreach (var (key, version) in _deleted)
        {
            if (version <= upTo)
            {
                // Removing while enumerating is allowed.
                _deleted.Remove(key);
            }
        }
    }
}
