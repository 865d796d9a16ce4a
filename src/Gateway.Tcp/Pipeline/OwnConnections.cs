using System.Collections.Concurrent;
using System.Net;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// Our ends of the connections to original destinations. One of them that comes back as a client was captured by rules that do not know us,
/// and would be dialed, captured and accepted again until descriptors run out. What is dialed can be accepted before its dial has ended
/// here, on another loop; so it is looked for twice, before and after the next dial, and a loop ends after a round or two.
/// </summary>
internal sealed class OwnConnections
{
    // How many: two connections to different destinations may have the same source.
    private readonly ConcurrentDictionary<IPEndPoint, int> _sources = new();

    public void Add(IPEndPoint source) => _sources.AddOrUpdate(source, 1, static (_, count) => count + 1);

    public void Remove(IPEndPoint source)
    {
        while (_sources.TryGetValue(source, out var count))
        {
            if (count == 1 ? _sources.TryRemove(KeyValuePair.Create(source, 1)) : _sources.TryUpdate(source, count - 1, count))
            {
                return;
            }
        }
    }

    public bool Contains(IPEndPoint peer) => _sources.ContainsKey(peer);
}
