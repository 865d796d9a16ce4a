using Gateway.Tcp.Admission;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// All clusters' pools, of which the one with the client that was idle longest gives way when the process has no room for another
/// connection. Pools are held weakly: one whose cluster is gone has nothing idle for long.
/// </summary>
internal sealed class ClientPools
{
    private readonly Lock _lock = new();
    private WeakReference<ClientPool>[] _pools = [];

    /// <summary>Makes the set for a process.</summary>
    /// <param name="limit">Asks for room.</param>
    public ClientPools(ConnectionLimit limit) => limit.MakeRoom = TryRemoveIdlest;

    /// <summary>Adds a pool.</summary>
    public void Add(ClientPool pool)
    {
        lock (_lock)
        {
            _pools = [.. _pools.Where(static known => known.TryGetTarget(out _)), new WeakReference<ClientPool>(pool)];
        }
    }

    /// <summary>Takes out the client that was idle longest. Returns what closes its connections; null if none is idle.</summary>
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

    // A handful of clusters, and only when there is no room: no order is kept across them.
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
