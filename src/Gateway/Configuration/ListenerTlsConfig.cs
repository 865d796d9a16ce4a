using Gateway.Tcp.Configuration;

namespace Gateway.Configuration;

/// <summary>How a listener ends TLS (<c>Listeners:NAME:Tls</c>).</summary>
public sealed record ListenerTlsConfig
{
    /// <summary>
    /// Certificates by a name of your own. The server name that a client asks for chooses: a certificate with the exact name, else one with
    /// a wildcard of one label. At least one.
    /// </summary>
    public IReadOnlyDictionary<string, CertificateConfig> Certificates { get; init; } = new Dictionary<string, CertificateConfig>();

    /// <summary>
    /// Which of <see cref="Certificates"/> a client gets that asks for no name or for an unknown one. Defaults to null: its handshake ends
    /// with the alert unrecognized_name (RFC 6066, section 3).
    /// </summary>
    public string? DefaultCertificate { get; init; }

    /// <summary>The lowest TLS version. Defaults to Tls12.</summary>
    public TlsVersion MinVersion { get; init; }

    /// <summary>
    /// Protocols that are agreed on by ALPN, the preferred first (Tls only; Https has h2 and http/1.1). Defaults to none: ALPN is not
    /// answered.
    /// </summary>
    public IReadOnlyList<string> Alpn { get; init; } = [];

    /// <summary>Whether clients show a certificate. Defaults to null: none is asked for.</summary>
    public ClientCertificatesConfig? ClientCertificates { get; init; }

    /// <summary>The longest handshake. Defaults to 10 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether the certificates' OCSP answers are fetched from where they say, and stapled. Defaults to false: nothing is fetched.
    /// </summary>
    public bool OcspStapling { get; init; }
}
