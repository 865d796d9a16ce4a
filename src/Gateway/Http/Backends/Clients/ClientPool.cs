using Gateway.Tcp.SourceIp;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// The clients that have their own connections to one cluster's destinations. A client is held while one of its requests is under way, and
/// idle afterwards. A held client never ends. An idle client ends in one of three cases:
/// <list type="number">
/// <item>Its idle time is over.</item>
/// <item>It closed its own connection to the gateway.</item>
/// <item>It was idle longest, and a new client or the process needs the room.</item>
/// </list>
/// The lock is held for short times only: it guards a dictionary and a list, and no I/O runs under it.
/// </summary>
/// <param name="limits">The most clients, and how long a client may be idle.</param>
/// <param name="cluster">For metrics.</param>
/// <param name="create">Makes the HTTP client that announces this client to destinations.</param>
/// <param name="metrics">Counts clients.</param>
/// <param name="time">The clock.</param>
internal sealed class ClientPool(
    ClusterSourceIp limits, string cluster, Func<Announcement, HttpMessageInvoker> create, ClientPoolMetrics metrics, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ClientKey, ClientConnections> _clients = [];

    // Least recently used first.
    private readonly LinkedList<ClientConnections> _idle = new();
    private ITimer? _timer;
    private bool _isTimerSet;
    private bool _isRetired;

    /// <summary>The number of clients now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _clients.Count;
            }
        }
    }

    /// <summary>Time stamp of the moment when the longest idle client became idle; null if no client is idle.</summary>
    public long? IdleSince
    {
        get
        {
            lock (_lock)
            {
                return _idle.First?.Value.IdleSince;
            }
        }
    }

    /// <summary>Takes hold of a client's connections. Release them with <see cref="Release"/>.</summary>
    /// <param name="key">The client's key.</param>
    /// <param name="announced">What destinations learn about the client. Used only if the client is new.</param>
    /// <param name="clientClosed">Signalled when no request can come with this key again; none if that moment is unknown.</param>
    /// <returns>Null if there are too many clients, and none of them is idle.</returns>
    public ClientConnections? Acquire(in ClientKey key, Announcement announced, CancellationToken clientClosed)
    {
        ClientConnections? held;
        ClientConnections? evicted = null;
        lock (_lock)
        {
            if (_clients.TryGetValue(key, out held))
            {
                if (held.Users++ == 0)
                {
                    _idle.Remove(held.Node);
                }

                return held;
            }

            if (_clients.Count >= limits.MaxClients)
            {
                evicted = _idle.First?.Value;
                if (evicted is null)
                {
                    metrics.Rejected(cluster, "limit");
                    return null;
                }

                Remove(evicted);
            }

            held = new ClientConnections(this, key, announced, create) { Users = 1 };
            _clients.Add(key, held);
        }

        metrics.Added(cluster);
        Close(evicted, "limit");
        held.Watch(clientClosed);
        return held;
    }

    /// <summary>Releases a client's connections, because a request has ended.</summary>
    public void Release(ClientConnections held)
    {
        string reason;
        lock (_lock)
        {
            if (--held.Users > 0)
            {
                return;
            }

            if (!held.IsAbandoned && !_isRetired)
            {
                held.IdleSince = time.GetTimestamp();
                _idle.AddLast(held.Node);
                SetTimer();
                return;
            }

            reason = held.IsAbandoned ? "closed" : "reload";
            Remove(held);
        }

        Close(held, reason);
    }

    /// <summary>Another configuration is in force: idle clients end now, the others with their last request.</summary>
    public void Retire()
    {
        List<ClientConnections> ended;
        lock (_lock)
        {
            _isRetired = true;
            ended = [.. _idle];
            foreach (var idle in ended)
            {
                Remove(idle);
            }
        }

        foreach (var idle in ended)
        {
            Close(idle, "reload");
        }
    }

    /// <summary>
    /// Removes the longest idle client, because the process needs room. Returns an action that closes its connections; null if none is
    /// idle.
    /// </summary>
    public Action? TryRemoveIdlest()
    {
        ClientConnections? idlest;
        lock (_lock)
        {
            idlest = _idle.First?.Value;
            if (idlest is not null)
            {
                Remove(idlest);
            }
        }

        return idlest is null ? null : () => Close(idlest, "descriptors");
    }

    /// <summary>The client's connection has closed.</summary>
    internal void Abandon(ClientConnections client)
    {
        lock (_lock)
        {
            client.IsAbandoned = true;
            if (client.Users > 0 || client.Node.List is null)
            {
                return;
            }

            Remove(client);
        }

        Close(client, "closed");
    }

    private void EndIdle()
    {
        var ended = new List<ClientConnections>();
        lock (_lock)
        {
            _isTimerSet = false;
            while (_idle.First?.Value is { } oldest && time.GetElapsedTime(oldest.IdleSince) >= limits.IdleTimeout)
            {
                Remove(oldest);
                ended.Add(oldest);
            }

            SetTimer();
        }

        foreach (var idle in ended)
        {
            Close(idle, "idle");
        }
    }

    // No timer runs while no client is idle, because a timer would keep the pool of a removed cluster alive.
    private void SetTimer()
    {
        if (_isTimerSet || _idle.First?.Value is not { } oldest)
        {
            return;
        }

        var rest = limits.IdleTimeout - time.GetElapsedTime(oldest.IdleSince);
        _isTimerSet = true;
        _timer ??= time.CreateTimer(static self => ((ClientPool)self!).EndIdle(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private void Remove(ClientConnections client)
    {
        _clients.Remove(client.Key);
        if (client.Node.List is not null)
        {
            _idle.Remove(client.Node);
        }
    }

    private void Close(ClientConnections? client, string reason)
    {
        if (client is not null)
        {
            client.Close();
            metrics.Ended(cluster, reason);
        }
    }
}
