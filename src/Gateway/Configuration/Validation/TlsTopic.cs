using Gateway.Configuration.Reading;
using Gateway.Tcp.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>
/// Checks the TLS settings of listeners and clusters. The files are not read here, because a configuration may be validated on another
/// host.
/// </summary>
internal sealed class TlsTopic : IConfigTopic
{
    private const string Certificates =
        "at least one, as \"Certificates\": { \"name\": { \"Path\": \"/certs/tls.crt\", \"KeyPath\": \"/certs/tls.key\" } }";

    private static readonly TimeSpan LeastHandshake = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MostHandshake = TimeSpan.FromMinutes(2);

    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        foreach (var (name, listener) in context.Config.Listeners)
        {
            var path = $"Listeners:{name}";
            if (!listener.EndsTls)
            {
                if (listener.Protocol is { } protocol)
                {
                    context.NotApplicable(path, $"the listener's Protocol is {protocol}, this is for Https and Tls", "Tls");
                }
            }
            else if (listener.Tls is { } tls)
            {
                CheckListener(context, $"{path}:Tls", listener, tls);
            }
            else
            {
                context.Missing(path, "Tls", Certificates);
            }
        }

        foreach (var (name, cluster) in context.Config.TcpProxy.Clusters)
        {
            if (cluster.Tls is { } tls)
            {
                CheckCluster(context, $"TcpProxy:Clusters:{name}:Tls", cluster, tls);
            }
        }

        CheckDnat(context);
        HttpClusterTlsRules.Check(context);
    }

    /// <summary>Reports an empty path.</summary>
    private static void CheckPath(ValidationContext context, string path, string? file)
    {
        if (file?.Length == 0)
        {
            context.Error(path, "must not be empty: the path of a PEM file");
        }
    }

    private static void CheckListener(ValidationContext context, string path, ListenerConfig listener, ListenerTlsConfig tls)
    {
        if (tls.Certificates.Count == 0)
        {
            context.Missing(path, "Certificates", Certificates);
        }

        foreach (var (name, certificate) in tls.Certificates)
        {
            CheckCertificate(context, $"{path}:Certificates:{name}", certificate);
        }

        if (tls.DefaultCertificate is { } fallback && !tls.Certificates.Keys.Contains(fallback, StringComparer.OrdinalIgnoreCase))
        {
            context.Error(
                $"{path}:DefaultCertificate",
                "no such certificate among Certificates" + Suggestion.For(fallback, tls.Certificates.Keys));
        }

        if (listener.Protocol == ListenerProtocol.Https)
        {
            context.NotApplicable(path, "the listener's Protocol is Https, which agrees on h2 or http/1.1", "Alpn");
        }
        else
        {
            ClientHelloTopic.CheckAlpn(context, $"{path}:Alpn", tls.Alpn);
        }

        Range.Check(context, $"{path}:HandshakeTimeout", tls.HandshakeTimeout, LeastHandshake, MostHandshake);
        if (tls.ClientCertificates is { } clients)
        {
            CheckClients(context, $"{path}:ClientCertificates", clients);
        }
    }

    private static void CheckClients(ValidationContext context, string path, ClientCertificatesConfig clients)
    {
        if (clients.Mode is null)
        {
            context.Missing(path, "Mode", "Required or Optional");
        }

        if (clients.CaPath is null)
        {
            context.Missing(path, "CaPath", "the PEM file of the CAs whose certificates are taken");
        }

        CheckPath(context, $"{path}:CaPath", clients.CaPath);
        CheckPath(context, $"{path}:CrlPath", clients.CrlPath);
    }

    private static void CheckCertificate(ValidationContext context, string path, CertificateConfig certificate)
    {
        if (certificate.Path is null)
        {
            context.Missing(path, "Path", "the PEM file with the certificate, then its intermediates");
        }

        CheckPath(context, $"{path}:Path", certificate.Path);
        CheckPath(context, $"{path}:KeyPath", certificate.KeyPath);
    }

    private static void CheckCluster(ValidationContext context, string path, TcpClusterConfig cluster, ClusterTlsConfig tls)
    {
        if (tls.ServerName is { } name && Uri.CheckHostName(name) == UriHostNameType.Unknown)
        {
            context.Error($"{path}:ServerName", "must be a host name or an IP address, without a port");
        }
        else if (tls.ServerName is null && cluster.Type == TcpClusterType.OriginalDestination && !tls.DangerousAcceptAnyServerCertificate)
        {
            context.Issues.Warning(
                path,
                null,
                "the kernel says where to, so certificates must have that IP address among their names; else set ServerName");
        }

        CheckPath(context, $"{path}:CaPath", tls.CaPath);
        if (tls.Certificate is { } certificate)
        {
            CheckCertificate(context, $"{path}:Certificate", certificate);
        }

        ClientHelloTopic.CheckAlpn(context, $"{path}:Alpn", tls.Alpn);
        if (tls.DangerousAcceptAnyServerCertificate)
        {
            context.NotApplicable(path, "DangerousAcceptAnyServerCertificate is true: any certificate is taken", "CaPath");
            context.Warning(
                $"{path}:DangerousAcceptAnyServerCertificate",
                "whoever answers at the destination's address is believed; name its CA in CaPath");
        }
    }

    // Reports TLS together with Dnat, because the kernel forwards packets unchanged and cannot end or begin TLS.
    private static void CheckDnat(ValidationContext context)
    {
        var tcp = context.Config.TcpProxy;
        foreach (var (name, route) in tcp.Routes)
        {
            var cluster = tcp.Clusters.GetValueOrDefault(route.ClusterId ?? "");
            var (sourceIp, path) = route.SourceIp is { } own
                ? (own, $"TcpProxy:Routes:{name}:SourceIp")
                : (cluster?.SourceIp, $"TcpProxy:Clusters:{route.ClusterId}:SourceIp");
            if (sourceIp?.Mode != SourceIpMode.Dnat)
            {
                continue;
            }

            if (context.Config.Listeners.GetValueOrDefault(route.Listener ?? "") is { EndsTls: true })
            {
                context.Error(
                    $"{path}:Mode",
                    $"the kernel would forward what the listener {route.Listener} is to decrypt; take another Mode, or a Tcp listener");
            }

            if (cluster?.Tls is not null)
            {
                context.Error(
                    $"{path}:Mode",
                    $"the kernel forwards to the cluster {route.ClusterId} as it is, and nobody begins its Tls; take another Mode");
            }
        }
    }
}
