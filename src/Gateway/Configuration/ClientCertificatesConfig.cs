namespace Gateway.Configuration;

/// <summary>How client certificates are checked (<c>Listeners:NAME:Tls:ClientCertificates</c>).</summary>
public sealed record ClientCertificatesConfig
{
    /// <summary>Whether a client must have a certificate. Required.</summary>
    public ClientCertificateMode? Mode { get; init; }

    /// <summary>PEM file of the trusted CAs. Required: only certificates of these CAs are accepted.</summary>
    public string? CaPath { get; init; }

    /// <summary>PEM file with the revocation lists of these CAs. Defaults to null: revocation is not checked.</summary>
    public string? CrlPath { get; init; }
}
