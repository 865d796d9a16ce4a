using System.Collections.Concurrent;
using Gateway.Tcp.AccessLogs;

namespace Gateway.Http.Requests;

/// <summary>The requests that have interval lines. Empty while no interval is set.</summary>
internal sealed class LiveRequests
{
    private readonly ConcurrentDictionary<RequestRecord, bool>[] _parts =
        [.. Enumerable.Range(0, AccessLogState.Parts).Select(static _ => new ConcurrentDictionary<RequestRecord, bool>())];

    /// <summary>Adds a request.</summary>
    public void Add(RequestRecord record)
    {
        record.IsWatched = true;
        PartOf(record).TryAdd(record, true);
    }

    /// <summary>Removes a request that was added. Nobody looks at the request from then on.</summary>
    public void Remove(RequestRecord record)
    {
        PartOf(record).TryRemove(record, out _);
        // The server uses the request's context for another request afterwards, so the thread of the interval lines must have let go.
        lock (record)
        {
            record.IsWatched = false;
        }
    }

    /// <summary>Shows the requests of a part that are alive.</summary>
    public void ForEach(int part, Action<RequestRecord> look)
    {
        foreach (var (record, _) in _parts[part])
        {
            lock (record)
            {
                if (record.IsWatched)
                {
                    look(record);
                }
            }
        }
    }

    private ConcurrentDictionary<RequestRecord, bool> PartOf(RequestRecord record) =>
        _parts[(uint)System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(record) % AccessLogState.Parts];
}
