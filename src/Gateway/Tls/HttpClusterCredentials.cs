namespace Gateway.Tls;

/// <summary>The current TLS credentials of HTTP clusters that have their own CAs or their own client certificate.</summary>
internal sealed class HttpClusterCredentials
{
    private volatile IReadOnlyDictionary<string, ClientTls> _clusters = new Dictionary<string, ClientTls>();

    /// <summary>Puts the credentials of a configuration in force.</summary>
    public void Update(TlsModel model) => _clusters = model.HttpClusters;

    /// <summary>
    /// The credentials of a cluster: the same object as long as the contents of the files are the same. Null: the cluster has none.
    /// </summary>
    public ClientCredentials? Of(string cluster) => _clusters.GetValueOrDefault(cluster)?.Current;
}
