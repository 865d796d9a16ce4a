namespace Gateway.Tcp.Identification.Tls;

/// <summary>The first message of a PostgreSQL client.</summary>
internal enum PostgreSqlRequest
{
    /// <summary>Too few bytes to tell.</summary>
    More,

    /// <summary>SSLRequest: asks whether TLS may follow.</summary>
    Ssl,

    /// <summary>GSSENCRequest: asks whether GSSAPI encryption may follow.</summary>
    GssEncryption,

    /// <summary>CancelRequest, which carries no server name and cannot be routed by a name.</summary>
    Cancel,

    /// <summary>Another message: an unencrypted StartupMessage, or TLS at once.</summary>
    Other,
}
