using Gateway.Tcp.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>Checks TCP clusters: destinations have valid addresses and are not the gateway's own listeners.</summary>
internal sealed class TcpClustersTopic : IConfigTopic
{
    // Most operators write weights as percentages. The limit also keeps the tables small that are made from weights.
    private const int MaxWeight = 100;
    // More tiers than anybody has, in steps that leave room between them.
    private const int MaxPriority = 100;
    // More than one process can carry.
    private const int MaxConnections = 1_000_000;
    private const int MaxWaiting = 100_000;

    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        var used = context.Config.TcpProxy.Routes.Values.Select(route => route.ClusterId).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, cluster) in context.Config.TcpProxy.Clusters)
        {
            var path = $"TcpProxy:Clusters:{name}";
            Range.CheckTimeout(context, $"{path}:ConnectTimeout", cluster.ConnectTimeout);
            if (cluster.Type is TcpClusterType.OriginalDestination or TcpClusterType.OriginalPort)
            {
                context.NotApplicable(
                    path,
                    $"Type is {cluster.Type}: the kernel says where to",
                    "Destinations",
                    "HealthCheck",
                    "LoadBalancingPolicy",
                    "Queue",
                    "SessionAffinity");
            }

            CheckService(context, path, cluster);
            if (cluster.Type != TcpClusterType.OriginalDestination)
            {
                context.NotApplicable(path, $"Type is {cluster.Type}, this is for OriginalDestination", "AllowedDestinations");
            }

            if (cluster.Destinations.Count == 0 && cluster.Type == TcpClusterType.Static)
            {
                context.Missing(path, "Destinations", "at least one, as \"Destinations\": { \"name\": { \"Address\": \"host:port\" } }");
            }
            else if (cluster.Destinations.Count > 0 && cluster.Destinations.Values.All(destination => destination.Weight == 0))
            {
                context.Issues.Error($"{path}:Destinations", null, "every destination has Weight 0: nobody would get a connection");
            }

            if (cluster.DialTimeout is { } whole)
            {
                Range.CheckTimeout(context, $"{path}:DialTimeout", whole);
            }

            CheckQueue(context, path, cluster);
            if (!used.Contains(name))
            {
                context.Issues.Warning(path, null, "no route uses this cluster");
            }

            foreach (var (destination, config) in cluster.Destinations)
            {
                CheckDestination(context, $"{path}:Destinations:{destination}", config.Address);
                Range.Check(context, $"{path}:Destinations:{destination}:Weight", config.Weight, 0, MaxWeight);
                Range.Check(context, $"{path}:Destinations:{destination}:Priority", config.Priority, 0, MaxPriority);
                if (config.MaxConnections is { } most)
                {
                    Range.Check(context, $"{path}:Destinations:{destination}:MaxConnections", most, 1, MaxConnections);
                }
            }
        }
    }

    private static void CheckService(ValidationContext context, string path, TcpClusterConfig cluster)
    {
        if (cluster.Type != TcpClusterType.Kubernetes)
        {
            context.NotApplicable(path, $"Type is {cluster.Type}, this is for Kubernetes", "Service");
            return;
        }

        context.NotApplicable(
            path,
            "Type is Kubernetes: the Service says where to. Use Type Static and destinations with the address "
                + "kubernetes://namespace/name:port for several Services, for weights and for MaxConnections",
            "Destinations",
            "Queue");
        if (cluster.Service is null)
        {
            context.Missing(path, "Service", "namespace/name:port, such as \"shop/redis:redis\"");
        }
        else if (ServiceAddress.Read(cluster.Service, out _) is { } rule)
        {
            context.Error($"{path}:Service", rule);
        }
    }

    private static void CheckQueue(ValidationContext context, string path, TcpClusterConfig cluster)
    {
        Range.Check(context, $"{path}:Queue:MaxLength", cluster.Queue.MaxLength, 0, MaxWaiting);
        Range.CheckTimeout(context, $"{path}:Queue:Timeout", cluster.Queue.Timeout);
        if (cluster.Queue.MaxLength > 0 && cluster.Destinations.Values.All(static destination => destination.MaxConnections is null))
        {
            context.Warning($"{path}:Queue:MaxLength", "nobody ever waits, because no destination of the cluster has MaxConnections");
        }
    }

    private static void CheckDestination(ValidationContext context, string path, string? text)
    {
        if (text is null)
        {
            context.Missing(path, "Address", "host:port, ip:port or [v6]:port");
        }
        else if (text.StartsWith(ServiceAddress.Scheme, StringComparison.OrdinalIgnoreCase))
        {
            if (ServiceAddress.ReadUrl(text, out _) is { } serviceRule)
            {
                context.Error($"{path}:Address", $"{serviceRule}, behind {ServiceAddress.Scheme}");
            }
        }
        else if (DestinationAddress.Read(text, out var address) is { } rule)
        {
            context.Issues.Error($"{path}:Address", ConfigIssue.Quote(text), rule);
        }
        else
        {
            OwnListeners.Check(context, $"{path}:Address", text, address!);
        }
    }
}
