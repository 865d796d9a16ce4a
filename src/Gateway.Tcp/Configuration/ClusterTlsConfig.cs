namespace Gateway.Tcp.Configuration;

/// <summary>
/// TLS to the destinations of a cluster (<c>TcpProxy:Clusters:NAME:Tls</c>). A PROXY header goes out before it, in clear.
/// </summary>
public sealed record ClusterTlsConfig
{
    /// <summary>The name that is asked for and that the certificate must have. Defaults to null: the destination's host.</summary>
    public string? ServerName { get; init; }

    /// <summary>PEM file of the CAs that are trusted. Defaults to null: those of the system.</summary>
    public string? CaPath { get; init; }

    /// <summary>The certificate that we show when asked. Defaults to null: none.</summary>
    public CertificateConfig? Certificate { get; init; }

    /// <summary>The protocols that are offered by ALPN. Defaults to none.</summary>
    public IReadOnlyList<string> Alpn { get; init; } = [];

    /// <summary>Whether any certificate is taken: whoever answers is believed. Defaults to false.</summary>
    public bool DangerousAcceptAnyServerCertificate { get; init; }
}
