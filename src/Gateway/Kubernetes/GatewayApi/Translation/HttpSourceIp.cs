using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gateway.Http.Backends.Clients;
using Gateway.Tcp.Configuration;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>
/// How the pods of an HTTP cluster learn the client's address beside the headers: Metadata of the cluster. Routes that ask for different
/// things of one Service have a cluster each.
/// </summary>
/// <param name="Metadata">The keys; null: headers only.</param>
/// <param name="Suffix">The end of the cluster's name.</param>
internal sealed record HttpSourceIp(IReadOnlyDictionary<string, string>? Metadata, string Suffix)
{
    // Clusters with one name are one cluster. With 32 bits, another with the name of a given one would be found in minutes.
    private const int DigestLength = 16;

    /// <summary>Reads what a policy or annotation says.</summary>
    /// <param name="config">The section.</param>
    /// <param name="read">What it means, if nothing is wrong.</param>
    /// <returns>What is wrong; null: nothing.</returns>
    public static string? Read(SourceIpConfig config, out HttpSourceIp read)
    {
        read = new(null, "");
        if (config.Mode == SourceIpMode.None)
        {
            return null;
        }

        var problem = config.Mode == SourceIpMode.Toa ? "sourceIp.mode Toa is for TCPRoute and TLSRoute"
            : config.Port != SourcePort.Ephemeral ? "sourceIp.port Client is for TCPRoute and TLSRoute"
            : config.SslTlvs ? "sourceIp.sslTlvs is for TCPRoute and TLSRoute"
            : null;
        if (problem is not null)
        {
            return problem;
        }

        var metadata = new SortedDictionary<string, string>(StringComparer.Ordinal) { [Key("Mode")] = $"{config.Mode}" };
        if (config.Version != ProxyProtocolVersion.V2)
        {
            metadata[Key("Version")] = $"{config.Version}";
        }

        if (config.Fallback != SourceIpFallback.Reject)
        {
            metadata[Key("Fallback")] = $"{config.Fallback}";
        }

        if (config.PassThroughTlvs.Count > 0)
        {
            metadata[Key("PassThroughTlvs")] = string.Join(',', config.PassThroughTlvs);
        }

        if (config.MaxHeaderBytes is { } longest)
        {
            metadata[Key("MaxHeaderBytes")] = longest.ToString(CultureInfo.InvariantCulture);
        }

        // The mode alone is the common case, and a name that a person reads.
        var mode = $".{config.Mode}".ToLowerInvariant();
        read = new(metadata, metadata.Count == 1 ? mode : $"{mode}-{Digest(metadata)}");
        return null;
    }

    private static string Key(string name) => ClusterSourceIp.Prefix + name;

    private static string Digest(SortedDictionary<string, string> metadata)
    {
        var text = string.Join('\n', metadata.Select(static entry => $"{entry.Key}={entry.Value}"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..DigestLength];
    }
}
