using Gateway.Tcp.Configuration;
using Gateway.Tcp.Tls;

namespace Gateway.Tls;

/// <summary>The TLS settings of a configuration, resolved. Their files are read by <see cref="CertificateStore"/>.</summary>
internal sealed record TlsModel
{
    /// <summary>No TLS anywhere.</summary>
    public static TlsModel None { get; } = new();

    /// <summary>The settings for the TCP data plane. Its servers include those of Https listeners.</summary>
    public TlsSections Sections { get; init; } = TlsSections.None;

    /// <summary>The TLS client settings of HTTP clusters that have their own CAs or their own client certificate.</summary>
    public IReadOnlyDictionary<string, ClientTls> HttpClusters { get; init; } = new Dictionary<string, ClientTls>();

    /// <summary>All settings that are made from files.</summary>
    public IReadOnlyList<ITlsMaterial> Materials { get; init; } = [];

    /// <summary>The problems of files that cannot be used.</summary>
    public IEnumerable<Finding> Problems =>
        Materials.SelectMany(static material => material.Parts).Select(static part => part.Problem).OfType<Finding>();
}
