using System.Net;

namespace Gateway.Tcp.Admission;

/// <summary>
/// An accepted connection of a client, as admission sees it: its place under the limit, its entry in <see cref="LiveConnections"/>, and
/// whether it may give way to another connection. The connections of both planes derive from this class.
/// </summary>
/// <param name="id">The number of the connection in this process.</param>
/// <param name="acceptedAt">Timestamp of accept.</param>
public abstract class LiveConnection(long id, long acceptedAt)
{
    private int _holdsPlace;

    /// <summary>The number of the connection in this process.</summary>
    public long Id => id;

    /// <summary>The kind under the limit; null: the connection is not counted (Probes and Admin).</summary>
    public abstract ConnectionKind? Kind { get; }

    /// <summary>Timestamp of accept.</summary>
    public long AcceptedAt => acceptedAt;

    /// <summary>The client's address. Before it is known, the peer's address.</summary>
    public abstract IPAddress ClientAddress { get; }

    /// <summary>Whether the connection has a place and has not given it up.</summary>
    public bool HoldsPlace => Volatile.Read(ref _holdsPlace) != 0;

    /// <summary>
    /// Whether nothing but a PROXY header has come from the client. From any thread. A client that sends at this moment may still count as
    /// silent.
    /// </summary>
    public abstract bool IsSilent { get; }

    /// <summary>Timestamp of the last bytes, if the plane records it; otherwise of accept.</summary>
    public virtual long LastHeardAt => acceptedAt;

    // The intrusive list of LiveConnections.
    internal LiveConnection? Next { get; set; }

    internal LiveConnection? Previous { get; set; }

    /// <summary>Records that the connection has a place.</summary>
    public void TakePlace() => Volatile.Write(ref _holdsPlace, 1);

    /// <summary>
    /// Gives the place up; false if the connection has no place, or has given it up before. True is returned once, and that caller must
    /// release the place.
    /// </summary>
    public bool TryGiveUpPlace() => Interlocked.Exchange(ref _holdsPlace, 0) != 0;

    /// <summary>
    /// Ends the connection in favour of another connection, which has taken its place already. From any thread, at most once; does not
    /// wait.
    /// </summary>
    public abstract void GiveWay();

    /// <summary>Ends a connection that outlives a drain. From any thread.</summary>
    public abstract void Abort();
}
