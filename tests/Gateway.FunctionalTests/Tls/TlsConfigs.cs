using Gateway.Testing.Certificates;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tls;

/// <summary>Parts of configurations with TLS, in the file's words.</summary>
internal static class TlsConfigs
{
    /// <summary>The name of the certificate that a listener of <see cref="AddTls"/> has.</summary>
    public const string Certificate = "shop";

    /// <summary>A SourceIp section that tells the backend nothing.</summary>
    public static readonly object Silent = new { Mode = "None" };

    /// <summary>A SourceIp section whose header tells of the client's TLS.</summary>
    public static readonly object WithTlvs = new { Mode = "ProxyProtocol", Version = "V2", SslTlvs = true };

    /// <summary>Adds a listener that ends TLS, with a route and a cluster of the same name.</summary>
    public static ConfigFile AddTls(
        this ConfigFile config, string name, string address, string backend, object sourceIp, PemPair pair) =>
        config.Listener(name, address, "Tls")
            .Route(name, new { Listener = name, ClusterId = name, SourceIp = sourceIp })
            .Cluster(name, backend)
            .Set($"Listeners:{name}:Tls:Certificates:{Certificate}", new { pair.Path, pair.KeyPath })
            .Set($"Listeners:{name}:Tls:DefaultCertificate", Certificate);
}
