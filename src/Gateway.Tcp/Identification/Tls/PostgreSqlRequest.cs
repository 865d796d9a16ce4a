namespace Gateway.Tcp.Identification.Tls;

/// <summary>What a PostgreSQL client begins with.</summary>
internal enum PostgreSqlRequest
{
    /// <summary>Too few bytes to tell.</summary>
    More,

    /// <summary>SSLRequest: asks whether TLS may follow.</summary>
    Ssl,

    /// <summary>GSSENCRequest: asks whether GSSAPI encryption may follow.</summary>
    GssEncryption,

    /// <summary>CancelRequest, which has no name and cannot be routed by it.</summary>
    Cancel,

    /// <summary>Something else: a StartupMessage in clear, or TLS at once.</summary>
    Other,
}
