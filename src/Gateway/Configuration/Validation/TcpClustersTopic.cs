using Gateway.Tcp.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>TCP clusters: destinations that can be dialled and are not ourselves.</summary>
internal sealed class TcpClustersTopic : IConfigTopic
{
    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        var used = context.Config.TcpProxy.Routes.Values.Select(route => route.ClusterId).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, cluster) in context.Config.TcpProxy.Clusters)
        {
            var path = $"TcpProxy:Clusters:{name}";
            Range.CheckTimeout(context, $"{path}:ConnectTimeout", cluster.ConnectTimeout);
            if (cluster.Type == TcpClusterType.OriginalDestination)
                context.NotApplicable(path, "Type is OriginalDestination: the kernel says where to", "Destinations");
            else
                context.NotApplicable(path, "Type is Static, this is for OriginalDestination", "AllowedDestinations");
            if (cluster.Destinations.Count == 0 && cluster.Type == TcpClusterType.Static)
                context.Missing(path, "Destinations", "at least one, as \"Destinations\": { \"name\": { \"Address\": \"host:port\" } }");
            if (!used.Contains(name))
                context.Issues.Warning(path, null, "no route uses this cluster");
            foreach (var (destination, config) in cluster.Destinations)
                CheckDestination(context, $"{path}:Destinations:{destination}", config.Address);
        }
    }

    private static void CheckDestination(ValidationContext context, string path, string? text)
    {
        if (text is null)
            context.Missing(path, "Address", "host:port, ip:port or [v6]:port");
        else if (DestinationAddress.Read(text, out var address) is { } rule)
            context.Issues.Error($"{path}:Address", ConfigIssue.Quote(text), rule);
        else
            OwnListeners.Check(context, $"{path}:Address", text, address!);
    }
}
