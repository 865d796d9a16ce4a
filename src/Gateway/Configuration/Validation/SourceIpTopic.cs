using Gateway.Configuration.Reading;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.SourceIp;

namespace Gateway.Configuration.Validation;

/// <summary>Checks how the gateway sends the client's address to backends: a mode, and only the keys that the mode reads.</summary>
internal sealed class SourceIpTopic : IConfigTopic
{
    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        var tcp = context.Config.TcpProxy;
        foreach (var (name, route) in tcp.Routes)
        {
            if (route.SourceIp is { } sourceIp)
            {
                Validate(
                    context,
                    $"TcpProxy:Routes:{name}:SourceIp",
                    sourceIp,
                    new RouteScope(name, route.Listener ?? "", route.ClusterId ?? ""));
                if (route.Listener is { } listener
                    && context.Config.Listeners.TryGetValue(listener, out var config)
                    && config.ProxyProtocol is not null)
                {
                    context.NotApplicable(
                        $"TcpProxy:Routes:{name}:SourceIp",
                        $"listener {listener} has a ProxyProtocol section, whose NestedHeader decides",
                        "NestedHeader");
                }
            }
            else if (route.ClusterId is { } id && tcp.Clusters.TryGetValue(id, out var cluster) && cluster.SourceIp is null)
            {
                context.Issues.Error(
                    $"TcpProxy:Routes:{name}:SourceIp",
                    null,
                    $"required, here or on cluster {id}: Mode is ProxyProtocol, Transparent, Toa, Dnat or None");
            }
        }

        foreach (var (name, cluster) in tcp.Clusters)
        {
            if (cluster.SourceIp is { } sourceIp)
            {
                Validate(context, $"TcpProxy:Clusters:{name}:SourceIp", sourceIp, LongestOf(tcp, name));
            }
        }
    }

    private static void Validate(ValidationContext context, string path, SourceIpConfig sourceIp, RouteScope scope)
    {
        if (sourceIp.Mode is not { } mode)
        {
            context.Missing(path, "Mode", "ProxyProtocol, Transparent, Toa, Dnat or None; no mode is right for every backend");
            return;
        }

        var hasFallback = mode is SourceIpMode.Transparent or SourceIpMode.Toa or SourceIpMode.Dnat;
        var sendsHeader = mode == SourceIpMode.ProxyProtocol || (hasFallback && sourceIp.Fallback == SourceIpFallback.ProxyProtocol);
        var why = $"no PROXY header is sent (Mode is {mode}{(hasFallback ? $", Fallback {sourceIp.Fallback}" : "")})";
        if (mode != SourceIpMode.Transparent)
        {
            context.NotApplicable(path, $"Mode is {mode}, this is for Transparent", "Port");
        }

        if (!hasFallback)
        {
            context.NotApplicable(path, $"Mode is {mode}, this is for Transparent, Toa and Dnat", "Fallback");
        }

        if (mode != SourceIpMode.Toa)
        {
            context.NotApplicable(path, $"Mode is {mode}, this is for Toa", "ToaOptions");
        }
        else
        {
            ToaTopic.CheckWritten(context, path, sourceIp.ToaOptions);
        }

        if (!sendsHeader)
        {
            context.NotApplicable(path, why, "Version", "PassThroughTlvs", "AddTlvs", "SslTlvs", "MaxHeaderBytes", "NestedHeader");
        }
        else if (sourceIp.Version == ProxyProtocolVersion.V1)
        {
            context.NotApplicable(path, "Version is V1, which has no TLVs", "PassThroughTlvs", "AddTlvs", "SslTlvs", "MaxHeaderBytes");
        }

        if (sendsHeader && sourceIp.NestedHeader == NestedHeaderAction.Pass)
        {
            context.Warning(
                $"{path}:NestedHeader",
                "a client's own PROXY header reaches the backend behind ours, and some believe the last one that they see (MariaDB): "
                    + "only for chains of proxies that no client can reach");
        }

        CheckTlvs(context, $"{path}:PassThroughTlvs", sourceIp.PassThroughTlvs);
        TlvsTopic.CheckAdded(context, $"{path}:AddTlvs:", sourceIp.AddTlvs, [scope]);
        if (sourceIp.MaxHeaderBytes is { } longest)
        {
            TlvsTopic.CheckLength(context, $"{path}:MaxHeaderBytes", longest, sourceIp.AddTlvs, [scope]);
        }

        if (sourceIp.Mark is { } mark)
        {
            Range.Check(context, $"{path}:Mark", mark, 1, int.MaxValue);
        }
    }

    // The longest names among the routes of a cluster, because the cluster's templates must fit for each route.
    private static RouteScope LongestOf(TcpProxyConfig tcp, string cluster)
    {
        var routes = tcp.Routes.Where(route => cluster.Equals(route.Value.ClusterId, StringComparison.OrdinalIgnoreCase)).ToList();
        return new RouteScope(
            routes.Select(static route => route.Key).MaxBy(static name => name.Length) ?? "",
            routes.Select(static route => route.Value.Listener ?? "").MaxBy(static name => name.Length) ?? "",
            cluster);
    }

    private static void CheckTlvs(ValidationContext context, string path, IReadOnlyList<string> tlvs)
    {
        for (var i = 0; i < tlvs.Count; i++)
        {
            if (tlvs[i] is not { } tlv)
            {
                continue;
            }

            if (tlv.Equals("All", StringComparison.OrdinalIgnoreCase))
            {
                if (tlvs.Count > 1)
                {
                    context.Issues.Error(KeyPath.Join(path, i), ConfigIssue.Quote(tlv), "\"All\" stands alone");
                }
            }
            else if (!ProxyTlvNames.TryParse(tlv, out _))
            {
                var rule = "not a TLV: a name, a number as 0xEA, or All alone" + Suggestion.For(tlv, ProxyTlvNames.All);
                context.Issues.Error(KeyPath.Join(path, i), ConfigIssue.Quote(tlv), rule);
            }
        }
    }
}
