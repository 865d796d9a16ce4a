using Gateway.Tcp.Configuration;

namespace Gateway.Configuration;

/// <summary>
/// TLS settings for the destinations of an HTTP cluster that YARP's <c>HttpClient</c> section does not have: the keys <c>Tls.*</c> of the
/// cluster's Metadata.
/// </summary>
internal static class HttpClusterTls
{
    /// <summary>The prefix of the keys. It ends with a dot, because a colon would end the key.</summary>
    public const string Prefix = "Tls.";

    /// <summary>The key for the PEM file of the trusted CAs.</summary>
    public const string CaPath = nameof(CaPath);

    /// <summary>The key for the PEM file of the certificate that is sent when the destination asks for one.</summary>
    public const string CertificatePath = nameof(CertificatePath);

    /// <summary>The key for the PEM file of the certificate's private key.</summary>
    public const string KeyPath = nameof(KeyPath);

    /// <summary>All keys, without the prefix.</summary>
    public static readonly string[] Keys = [CaPath, CertificatePath, KeyPath];

    /// <summary>Reads a cluster's metadata.</summary>
    /// <param name="metadata">The metadata; unknown keys are ignored.</param>
    /// <returns>The settings; null: the metadata has none of the keys.</returns>
    public static ClusterTlsConfig? Read(IReadOnlyDictionary<string, string>? metadata)
    {
        ClusterTlsConfig? result = null;
        foreach (var (key, value) in metadata ?? new Dictionary<string, string>())
        {
            if (!key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            result ??= new ClusterTlsConfig();
            var name = key[Prefix.Length..];
            switch (Array.Find(Keys, known => known.Equals(name, StringComparison.OrdinalIgnoreCase)))
            {
                case CaPath:
                    result = result with { CaPath = value };
                    break;
                case CertificatePath:
                    result = result with { Certificate = (result.Certificate ?? new()) with { Path = value } };
                    break;
                case KeyPath:
                    result = result with { Certificate = (result.Certificate ?? new()) with { KeyPath = value } };
                    break;
            }
        }

        return result;
    }
}
