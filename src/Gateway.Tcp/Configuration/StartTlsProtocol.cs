namespace Gateway.Tcp.Configuration;

/// <summary>How TLS begins on a connection.</summary>
public enum StartTlsProtocol
{
    /// <summary>TLS begins with the client's first byte.</summary>
    None,

    /// <summary>
    /// TLS begins after PostgreSQL's SSLRequest, which is answered with <c>S</c> (a GSSENCRequest with <c>N</c>), or with the client's
    /// first byte (<c>sslnegotiation=direct</c>). Source: PostgreSQL's documentation, "Message Flow", "SSL Session Encryption".
    /// </summary>
    PostgreSql,
}
