using Gateway.Tcp.Configuration;

namespace Gateway.Configuration;

/// <summary>How a listener ends TLS (<c>Listeners:NAME:Tls</c>).</summary>
public sealed record ListenerTlsConfig
{
    /// <summary>
    /// Certificates, each under a name that the operator chooses. A client gets the certificate with the exact server name that it asks
    /// for, else one with a wildcard of one label. At least one is required.
    /// </summary>
    public IReadOnlyDictionary<string, CertificateConfig> Certificates { get; init; } = new Dictionary<string, CertificateConfig>();

    /// <summary>
    /// The entry of <see cref="Certificates"/> for clients that ask for no name or for an unknown one. Defaults to null: their handshake
    /// ends with the alert unrecognized_name (RFC 6066, section 3).
    /// </summary>
    public string? DefaultCertificate { get; init; }

    /// <summary>The lowest TLS version. Defaults to Tls12.</summary>
    public TlsVersion MinVersion { get; init; }

    /// <summary>
    /// The protocols that the listener offers by ALPN, the preferred first (Tls only; Https offers h2 and http/1.1). Defaults to none: ALPN
    /// is not answered.
    /// </summary>
    public IReadOnlyList<string> Alpn { get; init; } = [];

    /// <summary>How client certificates are checked. Defaults to null: clients are not asked for a certificate.</summary>
    public ClientCertificatesConfig? ClientCertificates { get; init; }

    /// <summary>The longest time for a handshake. Defaults to 10 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether OCSP responses are fetched from the addresses in the certificates, and stapled. Defaults to false: nothing is fetched.
    /// </summary>
    public bool OcspStapling { get; init; }
}
