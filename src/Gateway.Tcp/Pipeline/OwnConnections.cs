using System.Collections.Concurrent;
using System.Net;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// The local addresses of the gateway's connections to original destinations. If such an address comes back as a client, netfilter rules
/// that make no exception for the gateway have captured the gateway's own connection. Without this check the connection would be dialed,
/// captured and accepted again until the descriptors run out. A connection can be accepted before its dial has ended here. Therefore the
/// address is checked twice, one turn of the event loop before the next dial and after that dial, and a circle ends after a few rounds.
/// </summary>
internal sealed class OwnConnections
{
    // The value counts the connections, because two connections to different destinations may have the same source.
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
