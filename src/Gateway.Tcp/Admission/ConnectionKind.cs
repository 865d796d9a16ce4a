namespace Gateway.Tcp.Admission;

/// <summary>The kinds of connections that take room under the descriptor limit.</summary>
public enum ConnectionKind
{
    /// <summary>A client's TCP connection, together with the connection to its destination.</summary>
    Relayed,

    /// <summary>A client's HTTP connection, with room for one connection to a destination.</summary>
    Http,

    /// <summary>
    /// A connection to an HTTP destination for requests of any client. It first uses the room that <see cref="Http"/> connections include.
    /// </summary>
    Shared,

    /// <summary>A connection to an HTTP destination for a single client, which is kept between the client's requests.</summary>
    Own,
}
