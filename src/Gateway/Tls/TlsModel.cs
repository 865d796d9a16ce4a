using Gateway.Tcp.Configuration;
using Gateway.Tcp.Tls;

namespace Gateway.Tls;

/// <summary>What a configuration says of TLS, resolved. Its files are read by <see cref="CertificateStore"/>.</summary>
internal sealed record TlsModel
{
    /// <summary>No TLS anywhere.</summary>
    public static TlsModel None { get; } = new();

    /// <summary>For the TCP data plane; its servers are those of Https listeners, too.</summary>
    public TlsSections Sections { get; init; } = TlsSections.None;

    /// <summary>TLS to HTTP clusters that have CAs or a certificate of their own.</summary>
    public IReadOnlyDictionary<string, ClientTls> HttpClusters { get; init; } = new Dictionary<string, ClientTls>();

    /// <summary>All of it that is made of files.</summary>
    public IReadOnlyList<ITlsMaterial> Materials { get; init; } = [];

    /// <summary>Files that are not what is in use, and why.</summary>
    public IEnumerable<Finding> Problems =>
        Materials.SelectMany(static material => material.Parts).Select(static part => part.Problem).OfType<Finding>();
}
