using System.Net;

namespace Gateway.Tcp.Admission;

/// <summary>
/// One accepted connection of a client as admission sees it: its place under the limit, its entry in <see cref="LiveConnections"/>, and
/// whether it may give way to another. Both planes derive theirs from it.
/// </summary>
/// <param name="id">Its number in this process.</param>
/// <param name="acceptedAt">Timestamp of accept.</param>
public abstract class LiveConnection(long id, long acceptedAt)
{
    private int _holdsPlace;

    /// <summary>Its number in this process.</summary>
    public long Id => id;

    /// <summary>What it counts as under the limit; null: it is not counted (Probes and Admin).</summary>
    public abstract ConnectionKind? Kind { get; }

    /// <summary>Timestamp of accept.</summary>
    public long AcceptedAt => acceptedAt;

    /// <summary>The client's address as far as it is known: the peer's before that.</summary>
    public abstract IPAddress ClientAddress { get; }

    /// <summary>Whether it has a place that it has not given up.</summary>
    public bool HoldsPlace => Volatile.Read(ref _holdsPlace) != 0;

    /// <summary>
    /// Whether nothing has come from its client but a PROXY header: the connection may be nobody's. From any thread; a client that speaks
    /// at this moment may still be taken for silent.
    /// </summary>
    public abstract bool IsSilent { get; }

    /// <summary>Timestamp of the last bytes, where somebody notes it: else of accept.</summary>
    public virtual long LastHeardAt => acceptedAt;

    // The intrusive list of LiveConnections.
    internal LiveConnection? Next { get; set; }

    internal LiveConnection? Previous { get; set; }

    /// <summary>It has a place.</summary>
    public void TakePlace() => Volatile.Write(ref _holdsPlace, 1);

    /// <summary>Gives its place up; false if it has none (any more). Whoever is told true, once, gives the place back.</summary>
    public bool TryGiveUpPlace() => Interlocked.Exchange(ref _holdsPlace, 0) != 0;

    /// <summary>
    /// Ends the connection for another, which has its place already. From any thread, at most once; does not wait for anything.
    /// </summary>
    public abstract void GiveWay();

    /// <summary>Ends what outlives a drain. From any thread.</summary>
    public abstract void Abort();
}
