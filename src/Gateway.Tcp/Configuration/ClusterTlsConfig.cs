namespace Gateway.Tcp.Configuration;

/// <summary>
/// TLS to the destinations of a cluster (<c>TcpProxy:Clusters:NAME:Tls</c>). A PROXY header is sent unencrypted before TLS begins.
/// </summary>
public sealed record ClusterTlsConfig
{
    /// <summary>
    /// The server name that the gateway asks for, and that the certificate must have. Defaults to null: the destination's host.
    /// </summary>
    public string? ServerName { get; init; }

    /// <summary>PEM file of the trusted CAs. Defaults to null: the CAs of the system.</summary>
    public string? CaPath { get; init; }

    /// <summary>The gateway's own certificate, which it sends if the destination asks for a certificate. Defaults to null: none.</summary>
    public CertificateConfig? Certificate { get; init; }

    /// <summary>The protocols that are offered by ALPN. Defaults to none.</summary>
    public IReadOnlyList<string> Alpn { get; init; } = [];

    /// <summary>Whether any certificate is accepted, so that the destination's identity is not checked. Defaults to false.</summary>
    public bool DangerousAcceptAnyServerCertificate { get; init; }
}
