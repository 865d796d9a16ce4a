using Gateway.Tcp.Admission;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// The pools of all clusters. When the process has no room for another connection, the client that was idle longest in any pool is removed.
/// Pools are held by weak references, so that the pool of a removed cluster can be collected.
/// </summary>
internal sealed class ClientPools
{
    private readonly Lock _lock = new();
    private WeakReference<ClientPool>[] _pools = [];

    /// <summary>Makes the set for a process.</summary>
    /// <param name="limit">The connection limit, which asks this set for room.</param>
    public ClientPools(ConnectionLimit limit) => limit.MakeRoom = TryRemoveIdlest;

    /// <summary>Adds a pool.</summary>
    public void Add(ClientPool pool)
    {
        lock (_lock)
        {
            _pools = [.. _pools.Where(static known => known.TryGetTarget(out _)), new WeakReference<ClientPool>(pool)];
        }
    }

    /// <summary>Removes the longest idle client. Returns an action that closes its connections; null if no client is idle.</summary>
    public Action? TryRemoveIdlest()
    {
        while (FindIdlest() is { } pool)
        {
            if (pool.TryRemoveIdlest() is { } close)
            {
                return close;
            }
        }

        return null;
    }

    // A linear search, because there are few clusters and the search runs only when there is no room.
    private ClientPool? FindIdlest()
    {
        ClientPool? idlest = null;
        var since = long.MaxValue;
        foreach (var known in Volatile.Read(ref _pools))
        {
            if (known.TryGetTarget(out var pool) && pool.IdleSince is { } idle && idle < since)
            {
                (idlest, since) = (pool, idle);
            }
        }

        return idlest;
    }
}
