using Gateway.Configuration.Reading;
using Gateway.Http.Backends.Clients;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.SourceIp;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>
/// Checks how the gateway sends the client's address to the destinations of HTTP clusters: the keys <c>SourceIp.*</c> of a cluster's
/// Metadata.
/// </summary>
internal sealed class ClusterSourceIpTopic : IConfigTopic
{
    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        foreach (var cluster in context.Config.ReverseProxy.Clusters)
        {
            Validate(context, $"ReverseProxy:Clusters:{cluster.ClusterId}", cluster);
        }
    }

    private static void Validate(ValidationContext context, string path, ClusterConfig cluster)
    {
        var metadata = $"{path}:Metadata";
        var sourceIp = ClusterSourceIp.Read(
            cluster.Metadata,
            (key, value, rule) => context.Issues.Error(KeyPath.Join(metadata, key), ConfigIssue.Quote(value), rule));
        if (sourceIp is null)
        {
            return;
        }

        if (sourceIp.Config.Mode is not { } mode)
        {
            context.Missing(metadata, $"{ClusterSourceIp.Prefix}Mode", "ProxyProtocol, Transparent or None");
            return;
        }

        var because = $"{ClusterSourceIp.Prefix}Mode is {mode}";
        if (mode == SourceIpMode.None)
        {
            NotApplicable(
                context,
                metadata,
                cluster,
                because,
                "Version",
                "PassThroughTlvs",
                ClusterSourceIp.AddTlvs,
                "MaxHeaderBytes",
                "Mark",
                "Fallback",
                "MaxClients",
                "IdleTimeout");
            return;
        }

        if (mode != SourceIpMode.Transparent)
        {
            NotApplicable(context, metadata, cluster, $"{because}, this is for Transparent", "Fallback");
        }

        if (!sourceIp.Announces)
        {
            NotApplicable(
                context,
                metadata,
                cluster,
                $"no PROXY header is sent ({because}, Fallback {sourceIp.Config.Fallback})",
                "Version",
                "PassThroughTlvs",
                ClusterSourceIp.AddTlvs,
                "MaxHeaderBytes");
        }
        else if (sourceIp.Config.Version == ProxyProtocolVersion.V1)
        {
            NotApplicable(
                context,
                metadata,
                cluster,
                "Version is V1, which has no TLVs",
                "PassThroughTlvs",
                ClusterSourceIp.AddTlvs,
                "MaxHeaderBytes");
        }

        CheckTlvs(context, $"{metadata}:{ClusterSourceIp.Prefix}PassThroughTlvs", sourceIp.Config.PassThroughTlvs);
        TlvsTopic.CheckAdded(
            context,
            $"{metadata}:{ClusterSourceIp.Prefix}{ClusterSourceIp.AddTlvs}.",
            sourceIp.Config.AddTlvs,
            [.. ScopesOf(context.Config, cluster)]);
        if (sourceIp.Config.MaxHeaderBytes is { } longest)
        {
            TlvsTopic.CheckLength(
                context,
                $"{metadata}:{ClusterSourceIp.Prefix}MaxHeaderBytes",
                longest,
                sourceIp.Config.AddTlvs,
                [.. ScopesOf(context.Config, cluster)]);
        }

        CheckClient(context, path, cluster, because);
    }

    // The names with which templates may be filled. A cluster without a route gets example names, because another check warns of the
    // missing route.
    private static IEnumerable<RouteScope> ScopesOf(GatewayConfig config, ClusterConfig cluster)
    {
        var listeners = config
            .Listeners.Where(static listener => listener.Value.IsHttp)
            .Select(static listener => listener.Key);
        var routes = config
            .ReverseProxy.Routes.Where(route => cluster.ClusterId.Equals(route.ClusterId, StringComparison.OrdinalIgnoreCase))
            .Select(static route => route.RouteId);
        return from route in routes.DefaultIfEmpty("route")
               from listener in listeners.DefaultIfEmpty("listener")
               select new RouteScope(route, listener, cluster.ClusterId);
    }

    // Reports settings with which requests would not use the TCP connection that carries the client's address.
    private static void CheckClient(ValidationContext context, string path, ClusterConfig cluster, string because)
    {
        if (cluster.HttpClient?.WebProxy?.Address is { } proxy)
        {
            context.Issues.Error(
                $"{path}:HttpClient:WebProxy:Address",
                ConfigIssue.Quote(proxy.ToString()),
                $"does not apply: {because}, and the connection would be the web proxy's");
        }

        if (cluster.HttpRequest?.Version is { Major: >= 3 } version)
        {
            context.Issues.Error(
                $"{path}:HttpRequest:Version",
                ConfigIssue.Quote(version.ToString()),
                $"does not apply: {because}, and HTTP/3 has no TCP connection; take \"2\" or \"1.1\"");
        }

        if (cluster.HttpRequest?.VersionPolicy == HttpVersionPolicy.RequestVersionOrHigher)
        {
            context.Issues.Error(
                $"{path}:HttpRequest:VersionPolicy",
                ConfigIssue.Quote(nameof(HttpVersionPolicy.RequestVersionOrHigher)),
                $"does not apply: {because}, and higher may be HTTP/3, which has no TCP connection; take RequestVersionOrLower or "
                    + $"RequestVersionExact");
        }
    }

    private static void CheckTlvs(ValidationContext context, string path, IReadOnlyList<string> tlvs)
    {
        foreach (var tlv in tlvs)
        {
            if (tlv.Equals("All", StringComparison.OrdinalIgnoreCase) && tlvs.Count > 1)
            {
                context.Issues.Error(path, ConfigIssue.Quote(tlv), "\"All\" stands alone");
            }
            else if (!tlv.Equals("All", StringComparison.OrdinalIgnoreCase) && !ProxyTlvNames.TryParse(tlv, out _))
            {
                context.Issues.Error(
                    path,
                    ConfigIssue.Quote(tlv),
                    "not a TLV: names and numbers as 0xEA, separated by commas, or All alone" + Suggestion.For(tlv, ProxyTlvNames.All));
            }
        }
    }

    private static void NotApplicable(
        ValidationContext context,
        string metadata,
        ClusterConfig cluster,
        string why,
        params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            var name = ClusterSourceIp.Prefix + key;
            foreach (var (written, value) in cluster.Metadata!)
            {
                if (written.Equals(name, StringComparison.OrdinalIgnoreCase)
                    || written.StartsWith($"{name}.", StringComparison.OrdinalIgnoreCase))
                {
                    context.Issues.Error(KeyPath.Join(metadata, written), ConfigIssue.Quote(value), $"does not apply: {why}");
                }
            }
        }
    }
}
