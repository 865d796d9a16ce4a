using Gateway.Tcp.Engines;

namespace Gateway.Http.Transport;

/// <summary>The connections of a listener on one loop. Only the loop's thread uses the list.</summary>
internal sealed class LoopConnections(EngineLoop loop)
{
    private readonly LinkedList<EngineConnection> _connections = [];
    private int _isBeating;

    /// <summary>Adds a connection, on the loop.</summary>
    public void Add(EngineConnection connection) => connection.Place = _connections.AddLast(connection);

    /// <summary>Removes a connection, on the loop.</summary>
    public void Remove(EngineConnection connection)
    {
        _connections.Remove(connection.Place!);
        connection.Place = null;
    }

    /// <summary>From any thread: gives each connection its heartbeat. Does nothing while the loop has not come to the last one.</summary>
    public void Beat()
    {
        if (Interlocked.Exchange(ref _isBeating, 1) == 0)
        {
            _ = loop.RunLater(BeatAll);
        }
    }

    /// <summary>From any thread: does something with each connection.</summary>
    public void ForEach(Action<EngineConnection> action) => loop.RunLater(() => Each(action));

    private void BeatAll()
    {
        Volatile.Write(ref _isBeating, 0);
        Each(static connection => connection.Beat());
    }

    private void Each(Action<EngineConnection> action)
    {
        for (var node = _connections.First; node is not null;)
        {
            // The action may end the connection, which then leaves the list.
            var next = node.Next;
            action(node.Value);
            node = next;
        }
    }
}
