using Gateway.Tcp.Configuration;

namespace Gateway.Configuration;

/// <summary>
/// What YARP's <c>HttpClient</c> has no words for of TLS to the destinations of an HTTP cluster: the keys <c>Tls.*</c> of its Metadata.
/// </summary>
internal static class HttpClusterTls
{
    /// <summary>What its keys begin with. A dot, since a colon would end the key.</summary>
    public const string Prefix = "Tls.";

    /// <summary>PEM file of the CAs that are trusted.</summary>
    public const string CaPath = nameof(CaPath);

    /// <summary>PEM file of the certificate that is shown when asked.</summary>
    public const string CertificatePath = nameof(CertificatePath);

    /// <summary>PEM file of its key.</summary>
    public const string KeyPath = nameof(KeyPath);

    /// <summary>The keys, behind the prefix.</summary>
    public static readonly string[] Keys = [CaPath, CertificatePath, KeyPath];

    /// <summary>Reads a cluster's metadata.</summary>
    /// <param name="metadata">The metadata; unknown keys are passed over.</param>
    /// <returns>Null if there are no such keys.</returns>
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
