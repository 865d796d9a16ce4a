using System.Net;
using Gateway.Configuration.Reading;
using Gateway.Http.Requests;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>Checks YARP's section: YARP's own rules, and the references to other sections.</summary>
/// <param name="yarp">YARP's validator; null: a validator with YARP's own policies and transforms.</param>
internal sealed class ReverseProxyTopic(IConfigValidator? yarp) : IConfigTopic
{
    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        var proxy = context.Config.ReverseProxy;
        // A file without HTTP needs no services of YARP, which cost a tenth of a start. Otherwise the validator and the trial share them.
        using var services = proxy.Routes.Count + proxy.Clusters.Count > 0 ? RoutingServices.Create() : null;
        var validator = yarp ?? services?.GetRequiredService<IConfigValidator>();
        var clusters = proxy.Clusters.Select(cluster => cluster.ClusterId).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var ambiguity = new RouteAmbiguity();
        foreach (var route in proxy.Routes)
        {
            var path = $"ReverseProxy:Routes:{route.RouteId}";
            Validate(context, path, route, clusters, validator!);
            if (!context.Issues.HasErrorAtOrBelow(path))
            {
                ambiguity.Check(context, path, route);
            }
        }

        var used = proxy.Routes.Select(route => route.ClusterId).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var cluster in proxy.Clusters)
        {
            Validate(context, $"ReverseProxy:Clusters:{cluster.ClusterId}", cluster, used, validator!);
        }

        if (proxy.Routes.Count > 0
            && !context.Issues.HasErrorAtOrBelow("ReverseProxy:Routes")
            && RoutingTrial.FindProblem(proxy.Routes, services!) is { } problem)
        {
            context.Issues.Error("ReverseProxy:Routes", null, $"ASP.NET Core cannot route by these: {problem}");
        }

        var httpListeners = context
            .Config.Listeners.Where(pair => pair.Value.IsHttp)
            .Select(pair => pair.Key)
            .ToList();
        if (httpListeners.Count > 0 && proxy.Routes.Count == 0)
        {
            context.Issues.Warning(
                "ReverseProxy:Routes",
                null,
                $"there are no routes: listener {httpListeners[0]} answers 404 to everything");
        }

        if (httpListeners.Count == 0 && proxy.Routes.Count > 0)
        {
            context.Issues.Warning("ReverseProxy:Routes", null, "there is no Http listener: no route is served");
        }
    }

    private static void Validate(
        ValidationContext context, string path, RouteConfig route, HashSet<string> clusters, IConfigValidator validator)
    {
        // A value that could not be read has its default, for which YARP would report a second error.
        var isRead = !context.Issues.HasErrorAtOrBelow(path);
        if (route.ClusterId is not { } id)
        {
            context.Missing(path, "ClusterId", "the name of a cluster of ReverseProxy:Clusters");
        }
        else if (!clusters.Contains(id))
        {
            context.Issues.Error($"{path}:ClusterId", ConfigIssue.Quote(id), "no such cluster" + Suggestion.For(id, clusters));
        }

        CheckListeners(context, path, route);
        RoutePaths.Check(context, path, route);
        YarpValues.Check(context, path, route);
        ForwardedTransforms.Check(context, path, route);
        // YARP would accept "default", too, but every request of the route would fail, because the gateway does not have these middlewares.
        CheckPolicy(context, path, nameof(route.AuthorizationPolicy), route.AuthorizationPolicy, "anonymous");
        CheckPolicy(context, path, nameof(route.CorsPolicy), route.CorsPolicy, "disable");
        CheckPolicy(context, path, nameof(route.RateLimiterPolicy), route.RateLimiterPolicy, "disable");
        CheckPolicy(context, path, nameof(route.OutputCachePolicy), route.OutputCachePolicy, null);
        CheckPolicy(context, path, nameof(route.TimeoutPolicy), route.TimeoutPolicy, "disable");
        if (isRead)
        {
            Report(
                context,
                path,
                validator.ValidateRouteAsync(
                    route with
                    {
                        AuthorizationPolicy = null,
                        CorsPolicy = null,
                        RateLimiterPolicy = null,
                        OutputCachePolicy = null,
                        TimeoutPolicy = null,
                    }));
        }
    }

    private static void Validate(
        ValidationContext context, string path, ClusterConfig cluster, HashSet<string?> used, IConfigValidator validator)
    {
        var isRead = !context.Issues.HasErrorAtOrBelow(path);
        if (!used.Contains(cluster.ClusterId))
        {
            context.Issues.Warning(path, null, "no route uses this cluster");
        }

        if (cluster.Destinations is not { Count: > 0 })
        {
            context.Issues.Warning(path, null, "the cluster has no destinations: its routes answer 503");
        }

        foreach (var (name, destination) in cluster.Destinations ?? new Dictionary<string, DestinationConfig>())
        {
            if (ServiceAddress.IsUrl(destination.Address))
            {
                CheckService(context, $"{path}:Destinations:{name}", destination.Address);
                continue;
            }

            CheckUrl(context, $"{path}:Destinations:{name}", "Address", destination.Address);
            if (destination.Health is { } health)
            {
                CheckUrl(context, $"{path}:Destinations:{name}", "Health", health);
            }
        }

        YarpValues.Check(context, path, cluster);
        if (isRead)
        {
            Report(context, path, validator.ValidateClusterAsync(cluster));
        }
    }

    private static void CheckService(ValidationContext context, string path, string text)
    {
        if (ServiceAddress.ReadUrl(text, out _) is { } rule)
        {
            context.Issues.Error(
                $"{path}:Address", ConfigIssue.Quote(text), $"{rule}, behind {ServiceAddress.Scheme} or {ServiceAddress.TlsScheme}");
        }

        context.NotApplicable(path, "the address is a Service, and each of its pods is asked at its own address", "Health");
    }

    private static void CheckUrl(ValidationContext context, string path, string key, string? text)
    {
        if (text is null)
        {
            context.Missing(path, key, "a URL as http://host:port/");
        }
        else if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Host.Length == 0)
        {
            context.Issues.Error($"{path}:{key}", ConfigIssue.Quote(text), "must be a URL: http://host:port/ or https://host:port/");
        }
        else
        {
            OwnListeners.Check(context, $"{path}:{key}", text, Destination(url));
        }
    }

    private static DestinationAddress Destination(Uri url) =>
        new(url.DnsSafeHost, IPAddress.TryParse(url.DnsSafeHost, out var ip) ? ip : null, url.Port);

    private static void CheckPolicy(ValidationContext context, string path, string key, string? policy, string? known)
    {
        if (!string.IsNullOrEmpty(policy) && !policy.Equals(known, StringComparison.OrdinalIgnoreCase))
        {
            context.Issues.Error(
                $"{path}:{key}",
                ConfigIssue.Quote(policy),
                "policies are not available: nobody can define one here" + (known is null ? "" : $" ({known} is)"));
        }
    }

    private static void CheckListeners(ValidationContext context, string path, RouteConfig route)
    {
        if (route.Metadata is null || !route.Metadata.TryGetValue(ListenerMatcherPolicy.MetadataKey, out var names))
        {
            return;
        }

        path = $"{path}:Metadata:{ListenerMatcherPolicy.MetadataKey}";
        foreach (var name in names.Split(',', StringSplitOptions.TrimEntries))
        {
            if (name.Length == 0)
            {
                context.Issues.Error(path, ConfigIssue.Quote(names), "must name Http listeners, separated by commas");
            }
            else if (!context.Config.Listeners.TryGetValue(name, out var listener))
            {
                context.Issues.Error(
                    path,
                    ConfigIssue.Quote(name),
                    "no such listener" + Suggestion.For(name, context.Config.Listeners.Keys));
            }
            else if (listener.IsTcp)
            {
                context.Issues.Error(path, ConfigIssue.Quote(name), "is a Tcp listener; HTTP routes are served on Http listeners");
            }
        }
    }

    // Blocking is safe: YARP's validators are asynchronous for policy providers that need I/O, and the gateway has none of these.
    private static void Report(ValidationContext context, string path, ValueTask<IList<Exception>> validation)
    {
        foreach (var error in validation.AsTask().GetAwaiter().GetResult())
        {
            // The missing address was reported already, with the key path of the destination.
            if (error.Message.StartsWith("No address found for destination", StringComparison.Ordinal))
            {
                continue;
            }

            context.Issues.Error(path, null, error.InnerException is { } inner ? $"{error.Message} {inner.Message}" : error.Message);
        }
    }
}
