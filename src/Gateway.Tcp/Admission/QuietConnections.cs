namespace Gateway.Tcp.Admission;

/// <summary>
/// Open connections by how long nothing has come from their peers: those that have sent nothing at all, in the order of arrival, and the
/// others by their last bytes. Where there is no room for another connection, the first of them gives way. Safe from any thread.
/// </summary>
public sealed class QuietConnections
{
    private readonly Lock _lock = new();
    private readonly LinkedList<QuietConnection> _silent = [];
    private readonly LinkedList<QuietConnection> _heard = [];

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _silent.Count + _heard.Count;
            }
        }
    }

    /// <summary>Adds a connection from which nothing has come yet.</summary>
    /// <param name="giveWay">Ends it, without waiting for anything: it is called under the lock, at most once, from any thread.</param>
    public QuietConnection Add(Action giveWay)
    {
        var connection = new QuietConnection(this, giveWay);
        lock (_lock)
        {
            _silent.AddLast(connection.Node);
        }

        return connection;
    }

    /// <summary>
    /// Ends so many that <paramref name="max"/> are left. Half of them may be silent: who has just come has time to speak while others that
    /// speak take places, and who has spoken keeps its place while silent ones come.
    /// </summary>
    public void EndMoreThan(int max)
    {
        lock (_lock)
        {
            while (_silent.Count + _heard.Count > max && TryEnd(_silent.Count > Math.Max(1, max / 2) ? _silent : _heard))
            {
            }
        }
    }

    /// <summary>Something has come: moves it behind all others.</summary>
    internal void Heard(QuietConnection connection)
    {
        lock (_lock)
        {
            // One that gave way is in neither list.
            if (connection.Node.List is { } list)
            {
                list.Remove(connection.Node);
                _heard.AddLast(connection.Node);
            }
        }
    }

    internal void Remove(QuietConnection connection)
    {
        lock (_lock)
        {
            connection.Node.List?.Remove(connection.Node);
        }
    }

    private static bool TryEnd(LinkedList<QuietConnection> connections)
    {
        if (connections.First is not { } quietest)
        {
            return false;
        }

        connections.Remove(quietest);
        quietest.Value.GiveWay();
        return true;
    }
}
