using System.Text;
using Gateway.Configuration.Files;
using Gateway.Kubernetes.Client;
using Gateway.Kubernetes.GatewayApi.Objects;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>
/// Lets the certificate store read Secrets as if they were files, so that a certificate of a Secret is polled, replaced and kept like any
/// other, and no private key is written to a disk. Safe from any thread.
/// </summary>
internal sealed class SecretFiles
{
    /// <summary>The entry with the certificate.</summary>
    public const string Certificate = "tls.crt";

    /// <summary>The entry with the private key.</summary>
    public const string Key = "tls.key";

    // No file has such a path: a configuration's path would be relative, and the colon is a scheme's.
    private const string Scheme = "secret://";

    private volatile Dictionary<ResourceKey, SecretObject> _secrets = [];

    /// <summary>The path of an entry of a Secret.</summary>
    public static string PathOf(ResourceKey secret, string entry) => $"{Scheme}{secret.Namespace}/{secret.Name}/{entry}";

    /// <summary>Whether a path is that of a Secret.</summary>
    public static bool IsSecret(string path) => path.StartsWith(Scheme, StringComparison.Ordinal);

    /// <summary>Takes over the Secrets as they are now.</summary>
    public void Update(IEnumerable<SecretObject> secrets) => _secrets = secrets.ToDictionary(static secret => secret.Metadata.Key);

    /// <summary>Reads an entry.</summary>
    public ConfigFileRead Read(string path)
    {
        var parts = path[Scheme.Length..].Split('/');
        var data = _secrets.GetValueOrDefault(new ResourceKey(parts[0], parts[1]))?.Data;
        return (parts[2] == Key ? data?.Key : data?.Certificate) is { } bytes
            ? new ConfigFileRead(Encoding.UTF8.GetString(bytes), null)
            : new ConfigFileRead(null, $"the Secret {parts[0]}/{parts[1]} has no {parts[2]}");
    }
}
