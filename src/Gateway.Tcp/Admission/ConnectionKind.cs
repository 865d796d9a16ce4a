namespace Gateway.Tcp.Admission;

/// <summary>What takes room under the descriptor limit.</summary>
public enum ConnectionKind
{
    /// <summary>A client's TCP connection, together with the one to its destination.</summary>
    Relayed,

    /// <summary>A client's HTTP connection, with room for one to a destination.</summary>
    Http,

    /// <summary>One to an HTTP destination, for requests of any client: the room that <see cref="Http"/> leaves comes first.</summary>
    Shared,

    /// <summary>One to an HTTP destination for a single client, which keeps it between its requests.</summary>
    Own,
}
