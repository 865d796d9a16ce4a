using Gateway.Configuration.Reading;

namespace Gateway.Configuration.Validation;

/// <summary>
/// Checks CIDR lists: every item is a CIDR without host bits or the name of a network, and names do not refer to each other in a circle.
/// </summary>
internal sealed class NetworksTopic : IConfigTopic
{
    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        var config = context.Config;
        foreach (var (name, list) in config.Networks)
        {
            var path = $"Networks:{name}";
            CheckList(context, path, list);
            if (StrictAddress.TryParse(name, out _))
            {
                context.Issues.Error(path, null, "a network's name must not be an address: nobody could tell them apart");
            }

            if (list.Count == 0)
            {
                context.Issues.Error(path, "[]", "a network needs at least one CIDR");
            }

            if (Reaches(config.Networks, list, name, new HashSet<string>(StringComparer.OrdinalIgnoreCase)))
            {
                context.Issues.Error(path, null, "the network contains itself");
            }
        }

        foreach (var (path, policy) in context.ProxyProtocolPolicies())
        {
            CheckList(context, $"{path}:TrustedProxies", policy.TrustedProxies);
            CheckList(context, $"{path}:HealthCheckers", policy.HealthCheckers);
        }

        foreach (var (name, listener) in config.Listeners)
        {
            CheckList(context, $"Listeners:{name}:ForwardedHeaders:TrustedProxies", listener.ForwardedHeaders?.TrustedProxies ?? []);
            CheckList(context, $"Listeners:{name}:Toa:TrustedProxies", listener.Toa?.TrustedProxies ?? []);
            CheckList(context, $"Listeners:{name}:Access:Allow", listener.Access?.Allow ?? []);
            CheckList(context, $"Listeners:{name}:Access:Deny", listener.Access?.Deny ?? []);
            CheckList(context, $"Listeners:{name}:Capture:ExcludeCidrs", listener.Capture.ExcludeCidrs);
        }

        foreach (var (name, route) in config.TcpProxy.Routes)
        {
            CheckList(context, $"TcpProxy:Routes:{name}:Match:ClientCidrs", route.Match?.ClientCidrs ?? []);
            CheckList(context, $"TcpProxy:Routes:{name}:Match:DestinationCidrs", route.Match?.DestinationCidrs ?? []);
        }

        foreach (var (name, cluster) in config.TcpProxy.Clusters)
        {
            CheckList(context, $"TcpProxy:Clusters:{name}:AllowedDestinations", cluster.AllowedDestinations);
        }
    }

    private static void CheckList(ValidationContext context, string path, IReadOnlyList<string> list)
    {
        for (var i = 0; i < list.Count; i++)
        {
            // An item that was no text is null here, and was reported already.
            if (list[i] is not { } item || context.Config.Networks.ContainsKey(item) || Cidr.Read(item, out _) is not { } rule)
            {
                continue;
            }
            // Suggests a name only for a word, which may be a misspelt name. For 10.0.0.0/33 the rule is enough.
            var isWord = !item.Contains('/') && !StrictAddress.TryParse(item, out _);
            var hint = isWord && context.Config.Networks.Count > 0 ? Suggestion.For(item, context.Config.Networks.Keys) : "";
            context.Issues.Error(KeyPath.Join(path, i), ConfigIssue.Quote(item), rule + hint);
        }
    }

    private static bool Reaches(
        IReadOnlyDictionary<string, IReadOnlyList<string>> networks, IReadOnlyList<string> list, string name, HashSet<string> seen)
    {
        foreach (var item in list)
        {
            if (item is null || !networks.TryGetValue(item, out var inner))
            {
                continue;
            }

            if (item.Equals(name, StringComparison.OrdinalIgnoreCase) || (seen.Add(item) && Reaches(networks, inner, name, seen)))
            {
                return true;
            }
        }

        return false;
    }
}
