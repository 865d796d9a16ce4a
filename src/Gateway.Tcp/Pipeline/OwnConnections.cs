using System.Collections.Concurrent;
using System.Net;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// Our ends of the connections to original destinations. One of them that comes back as a client was captured by rules that do not know us, and would be dialled,
/// captured and accepted again until descriptors run out. What is dialled can be accepted before its dial has ended here, on another loop; so it is looked for
/// twice, before and after the next dial, and a loop ends after a round or two.
/// </summary>
internal sealed class OwnConnections
{
    private readonly ConcurrentDictionary<IPEndPoint, bool> _sources = new();

    public void Add(IPEndPoint source) => _sources[source] = true;

    public void Remove(IPEndPoint source) => _sources.TryRemove(source, out _);

    public bool Contains(IPEndPoint peer) => _sources.ContainsKey(peer);
}
