namespace Gateway.Tcp.Admission;

/// <summary>One of <see cref="QuietConnections"/>; disposed when the connection has ended.</summary>
public sealed class QuietConnection : IDisposable
{
    private readonly QuietConnections _all;

    internal QuietConnection(QuietConnections all, Action giveWay)
    {
        _all = all;
        GiveWay = giveWay;
        Node = new LinkedListNode<QuietConnection>(this);
    }

    /// <summary>Its place in the order.</summary>
    internal LinkedListNode<QuietConnection> Node { get; }

    /// <summary>Ends it.</summary>
    internal Action GiveWay { get; }

    /// <summary>Something has come from its peer.</summary>
    public void Heard() => _all.Heard(this);

    /// <inheritdoc/>
    public void Dispose() => _all.Remove(this);
}
