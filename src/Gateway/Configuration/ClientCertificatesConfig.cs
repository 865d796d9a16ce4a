namespace Gateway.Configuration;

/// <summary>Certificates of clients (<c>Listeners:NAME:Tls:ClientCertificates</c>).</summary>
public sealed record ClientCertificatesConfig
{
    /// <summary>Required.</summary>
    public ClientCertificateMode? Mode { get; init; }

    /// <summary>PEM file of the CAs whose certificates are taken. Required: nobody else's are.</summary>
    public string? CaPath { get; init; }

    /// <summary>PEM file with the revocation lists of these CAs. Defaults to null: none is looked at.</summary>
    public string? CrlPath { get; init; }
}
