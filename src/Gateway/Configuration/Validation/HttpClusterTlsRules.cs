using Gateway.Configuration.Reading;

namespace Gateway.Configuration.Validation;

/// <summary>Checks TLS to HTTP clusters: the keys <c>Tls.*</c> of a cluster's Metadata (<see cref="HttpClusterTls"/>).</summary>
internal static class HttpClusterTlsRules
{
    /// <summary>Checks all clusters.</summary>
    public static void Check(ValidationContext context)
    {
        foreach (var cluster in context.Config.ReverseProxy.Clusters)
        {
            var path = $"ReverseProxy:Clusters:{cluster.ClusterId}";
            var metadata = $"{path}:Metadata";
            if (HttpClusterTls.Read(cluster.Metadata) is not { } tls)
            {
                continue;
            }

            CheckKeys(context, metadata, cluster.Metadata!);

            if (tls.Certificate is { Path: null })
            {
                context.Missing(
                    metadata,
                    HttpClusterTls.Prefix + HttpClusterTls.CertificatePath,
                    "the PEM file with the certificate that belongs to the key");
            }

            if (tls.CaPath is not null && cluster.HttpClient?.DangerousAcceptAnyServerCertificate == true)
            {
                context.Issues.Error(
                    KeyPath.Join(metadata, HttpClusterTls.Prefix + HttpClusterTls.CaPath),
                    ConfigIssue.Quote(tls.CaPath),
                    "does not apply: HttpClient:DangerousAcceptAnyServerCertificate is true, any certificate is taken");
            }

            if (cluster.Destinations is { Count: > 0 } destinations
                && !destinations.Values.Any(static destination =>
                    destination.Address?.StartsWith("https://", StringComparison.OrdinalIgnoreCase) == true
                        || destination.Address?.StartsWith(ServiceAddress.TlsScheme, StringComparison.OrdinalIgnoreCase) == true))
            {
                context.Issues.Error(metadata, null, $"the keys {HttpClusterTls.Prefix}* do not apply: no destination is https://");
            }
        }
    }

    private static void CheckKeys(ValidationContext context, string path, IReadOnlyDictionary<string, string> metadata)
    {
        foreach (var (key, value) in metadata)
        {
            if (!key.StartsWith(HttpClusterTls.Prefix, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            var name = key[HttpClusterTls.Prefix.Length..];
            if (!HttpClusterTls.Keys.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                context.Issues.Error(
                    KeyPath.Join(path, key),
                    ConfigIssue.Quote(value),
                    "unknown key" + Suggestion.For(name, HttpClusterTls.Keys));
            }
            else if (value.Length == 0)
            {
                context.Issues.Error(KeyPath.Join(path, key), ConfigIssue.Quote(value), "must not be empty: the path of a PEM file");
            }
        }
    }
}
