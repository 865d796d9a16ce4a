using Gateway.Configuration;
using Gateway.Tcp.Tls;

namespace Gateway.Tls;

/// <summary>Turns a validated configuration into a <see cref="TlsModel"/>.</summary>
internal static class TlsModelBuilder
{
    /// <summary>Builds the model, without reading any file.</summary>
    public static TlsModel Build(GatewayConfig config, CertificateStore store)
    {
        var servers = config.Listeners.Where(static listener => listener.Value.EndsTls)
            .ToDictionary(
                static listener => listener.Key,
                listener => new ServerTls(listener.Key, listener.Value, store.Contexts, store.Time),
                StringComparer.OrdinalIgnoreCase);
        var clusters = config.TcpProxy.Clusters.Where(static cluster => cluster.Value.Tls is not null)
            .ToDictionary(
                static cluster => cluster.Key,
                cluster => Cluster(cluster.Key, $"TcpProxy:Clusters:{cluster.Key}:Tls", store, cluster.Value.Tls!),
                StringComparer.OrdinalIgnoreCase);
        var http = new Dictionary<string, ClientTls>(StringComparer.OrdinalIgnoreCase);
        foreach (var cluster in config.ReverseProxy.Clusters)
        {
            if (HttpClusterTls.Read(cluster.Metadata) is { } tls)
            {
                var path = $"ReverseProxy:Clusters:{cluster.ClusterId}:Metadata:{HttpClusterTls.Prefix}";
                http[cluster.ClusterId] = new ClientTls(
                    cluster.ClusterId,
                    tls,
                    key => path + (key == "Path" ? HttpClusterTls.CertificatePath : HttpClusterTls.KeyPath),
                    path + HttpClusterTls.CaPath,
                    store.Credentials);
            }
        }

        return new TlsModel
        {
            Sections = new TlsSections
            {
                ClientHellos = config.Listeners.Where(static listener => listener.Value.ClientHello is not null)
                    .ToDictionary(
                        static listener => listener.Key,
                        static listener => listener.Value.ClientHello!,
                        StringComparer.OrdinalIgnoreCase),
                Servers = servers.ToDictionary(
                    static entry => entry.Key,
                    static entry => (IServerTls)entry.Value,
                    StringComparer.OrdinalIgnoreCase),
                Clients = clusters.ToDictionary(
                    static entry => entry.Key,
                    static entry => (IClientTls)entry.Value,
                    StringComparer.OrdinalIgnoreCase),
            },
            HttpClusters = http,
            Materials = [.. servers.Values, .. clusters.Values, .. http.Values],
        };
    }

    private static ClientTls Cluster(string name, string path, CertificateStore store, Gateway.Tcp.Configuration.ClusterTlsConfig config) =>
        new(name, config, key => $"{path}:Certificate:{key}", $"{path}:CaPath", store.Credentials);
}
