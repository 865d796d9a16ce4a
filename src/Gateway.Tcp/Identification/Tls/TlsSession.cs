namespace Gateway.Tcp.Identification.Tls;

/// <summary>
/// The parameters of a client's TLS session that ended at the gateway. Immutable. The names are those of OpenSSL, which HAProxy and nginx
/// use too.
/// </summary>
public sealed record TlsSession
{
    /// <summary>The version: <c>TLSv1.3</c>.</summary>
    public required string Version { get; init; }

    /// <summary>The cipher: <c>TLS_AES_128_GCM_SHA256</c>, and with TLS 1.2 <c>ECDHE-RSA-AES128-GCM-SHA256</c>.</summary>
    public required string Cipher { get; init; }

    /// <summary>The name that the client asked for; null: none.</summary>
    public string? ServerName { get; init; }

    /// <summary>The protocol that was agreed on by ALPN; null: none.</summary>
    public string? Alpn { get; init; }

    /// <summary>The algorithm that signed our certificate: <c>RSA-SHA256</c>, <c>ecdsa-with-SHA256</c>. Null: unknown.</summary>
    public string? SignatureAlgorithm { get; init; }

    /// <summary>The key of our certificate: <c>RSA2048</c>, <c>EC256</c>. Null: unknown.</summary>
    public string? KeyAlgorithm { get; init; }

    /// <summary>
    /// Whether an earlier session was resumed. A client certificate was then sent in the earlier handshake, not on this connection.
    /// </summary>
    public bool IsResumed { get; init; }

    /// <summary>
    /// Whether the client sent a certificate. The certificate was verified, because a handshake with an invalid certificate fails.
    /// </summary>
    public bool HasClientCertificate { get; init; }

    /// <summary>The common name of the client's certificate; null: none.</summary>
    public string? ClientName { get; init; }
}
