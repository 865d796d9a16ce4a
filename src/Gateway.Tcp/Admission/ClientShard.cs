using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Admission;

/// <summary>
/// A part of a <see cref="ClientTable"/>, with one lock. It holds each client that has connections, and each client whose token bucket is
/// not full yet.
/// 1. A client whose last connection ends with a full bucket is forgotten at once.
/// 2. Any other client stays, idle, until there are too many idle clients. The shard then forgets those whose bucket has become full.
/// 3. If the shard is still full, it forgets the eighth part whose buckets are full first: these clients get the fewest tokens too early.
/// A client with connections is never forgotten, so counts are exact; the limit on connections bounds the number of these clients.
/// </summary>
internal sealed class ClientShard(TimeProvider time, int mostIdle)
{
    private const int LeastToSweep = 16;
    private const long NanosecondsPerTick = 100;

    private readonly Lock _lock = new();
    private readonly Dictionary<ClientNetwork, AdmittedClient> _clients = [];
    private readonly long _start = time.GetTimestamp();
    private int _idle;
    private int _sweepAbove = Math.Min(LeastToSweep, mostIdle);

    /// <summary>The number of clients that are remembered.</summary>
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

    private long Now => time.GetElapsedTime(_start).Ticks * NanosecondsPerTick;

    /// <summary>
    /// Takes a place of a client, with a token, and a place of the listener. Nothing is taken if any of them is not there.
    /// </summary>
    public Outcome? TryEnter(
        ClientNetwork network, ClientRules rules, PlaceCount? listener, int? mostOfListener, out AdmittedClient? client)
    {
        lock (_lock)
        {
            var now = rules.Rate is null ? 0 : Now;
            if (_clients.TryGetValue(network, out client))
            {
                if (client.Count >= rules.MaxConnections)
                {
                    return AdmissionOutcomes.ClientConnections;
                }

                if (rules.Rate?.HasToken(client.FullAt, now) == false)
                {
                    return AdmissionOutcomes.ClientRate;
                }
            }

            if (listener?.TryTake(mostOfListener) == false)
            {
                return AdmissionOutcomes.ListenerConnections;
            }

            if (client is null)
            {
                _clients.Add(network, client = new AdmittedClient(this, network));
            }
            else if (client.Count == 0)
            {
                _idle--;
            }

            client.Count++;
            client.FullAt = rules.Rate?.Take(client.FullAt, now) ?? client.FullAt;
            return null;
        }
    }

    /// <summary>Gives a place of a client back.</summary>
    public void Leave(AdmittedClient client)
    {
        lock (_lock)
        {
            if (--client.Count > 0)
            {
                return;
            }

            var now = client.FullAt == 0 ? 0 : Now;
            if (client.FullAt <= now)
            {
                _clients.Remove(client.Network);
            }
            else if (++_idle > _sweepAbove)
            {
                Sweep(now);
            }
        }
    }

    // A sweep looks at all clients of the shard. The next sweep comes when the number of idle clients has doubled, so a connection pays for
    // two of them at most.
    private void Sweep(long now)
    {
        var idle = new List<AdmittedClient>(_idle);
        foreach (var client in _clients.Values)
        {
            if (client.Count == 0)
            {
                idle.Add(client);
            }
        }

        idle.Sort(static (one, other) => one.FullAt.CompareTo(other.FullAt));
        var most = _idle > mostIdle ? mostIdle - (mostIdle / 8) : int.MaxValue;
        foreach (var client in idle)
        {
            if (client.FullAt > now && _idle <= most)
            {
                break;
            }

            _clients.Remove(client.Network);
            _idle--;
        }

        if (_clients.EnsureCapacity(0) > 4 * _clients.Count)
        {
            _clients.TrimExcess();
        }

        _sweepAbove = Math.Clamp(2 * _idle, Math.Min(LeastToSweep, mostIdle), mostIdle);
    }
}
