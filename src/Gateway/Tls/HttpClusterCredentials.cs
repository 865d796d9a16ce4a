namespace Gateway.Tls;

/// <summary>What the HTTP clients of clusters with CAs or a certificate of their own show and trust, as the files say it now.</summary>
internal sealed class HttpClusterCredentials
{
    private volatile IReadOnlyDictionary<string, ClientTls> _clusters = new Dictionary<string, ClientTls>();

    /// <summary>Puts those of a configuration in force.</summary>
    public void Update(TlsModel model) => _clusters = model.HttpClusters;

    /// <summary>A cluster's: the same object as long as the files say the same. Null: the cluster has none of its own.</summary>
    public ClientCredentials? Of(string cluster) => _clusters.GetValueOrDefault(cluster)?.Current;
}
