namespace Gateway.Tcp.Configuration;

/// <summary>A certificate with its private key, in PEM files. Changed files are read again.</summary>
public sealed record CertificateConfig
{
    /// <summary>The file with the certificate, then its intermediates. Required.</summary>
    public string? Path { get; init; }

    /// <summary>
    /// The file with the private key, unencrypted (PKCS #8, PKCS #1 or SEC 1). Defaults to null: the key is in <see cref="Path"/> too.
    /// </summary>
    public string? KeyPath { get; init; }
}
