using System.Globalization;
using System.Text.Json;
using Gateway.Http.GatewayApi;
using Gateway.Http.Requests;
using Gateway.Snapshots;
using Gateway.Tcp;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Routing;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Admin.Api;

/// <summary><c>/api/routes</c>: the routes of the configuration in force, those of a listener in the order in which they match.</summary>
internal sealed class RoutesResource(GatewayRuntime runtime, TcpDataPlane tcp)
{
    /// <summary>Writes all routes.</summary>
    public void List(Utf8JsonWriter json)
    {
        var snapshot = runtime.Current;
        var config = snapshot.Config;
        json.WriteStartArray("routes");
        foreach (var listener in tcp.Model.Listeners.Values.OrderBy(static listener => listener.Name, StringComparer.Ordinal))
        {
            foreach (var route in listener.Routes.Order(RouteRank.Comparer))
            {
                var source = snapshot.SourceOf($"TcpProxy:Routes:{route.Name}");
                Write(json, route, config.TcpProxy.Routes.GetValueOrDefault(route.Name), source);
            }
        }

        var clusters = config.ReverseProxy.Clusters.ToDictionary(static cluster => cluster.ClusterId, StringComparer.OrdinalIgnoreCase);
        foreach (var route in RouteText.InMatchOrder(config.ReverseProxy.Routes))
        {
            var source = snapshot.SourceOf($"ReverseProxy:Routes:{route.RouteId}");
            Write(json, route, clusters, source);
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, RouteModel route, TcpRouteConfig? config, string source)
    {
        json.WriteStartObject();
        json.WriteString("name", route.Name);
        json.WriteString("protocol", "tcp");
        json.WriteString("listener", route.Listener);
        json.WriteNumber("order", route.Order);
        json.WriteString("match", RouteText.Of(config?.Match));
        json.WriteString("cluster", route.Cluster.Name);
        json.WriteString("mode", route.SourceIp.Mode.ToString());
        json.WriteString("fallback", route.SourceIp.Fallback.ToString());
        json.WriteString("idleTimeout", TextOf(config?.IdleTimeout));
        json.WriteString("maxDuration", TextOf(config?.MaxDuration));
        json.WriteString("halfClosedTimeout", TextOf(config?.HalfClosedTimeout));
        if (route.Weight is { } weight)
        {
            json.WriteNumber("weight", weight);
        }

        json.WriteString("source", source);
        json.WriteEndObject();
    }

    private static void Write(
        Utf8JsonWriter json, RouteConfig route, Dictionary<string, ClusterConfig> clusters, string source)
    {
        var redirect = route.Metadata?.GetValueOrDefault(HttpRouteRule.RedirectKey);
        var shares = SharesOf(route);
        var name = redirect is not null ? null
            : shares is null ? route.ClusterId
            : shares.Find(static share => share.Cluster is not null).Cluster;
        var cluster = clusters.GetValueOrDefault(name ?? "");
        json.WriteStartObject();
        json.WriteString("name", route.RouteId);
        json.WriteString("protocol", "http");
        json.WriteString("listener", ListenerMatcherPolicy.NamesOf(route) is { } names ? string.Join(", ", names) : RouteText.Any);
        json.WriteNumber("order", route.Order ?? 0);
        json.WriteString("match", RouteText.Of(route));
        json.WriteString("cluster", name);
        if (redirect is not null)
        {
            json.WriteString("redirect", redirect);
        }
        else if (shares is not null)
        {
            WriteShares(json, shares, clusters);
        }

        json.WriteString("mode", name is null ? null : ConnectionRequests.ModeOf(cluster?.Metadata));
        json.WriteString("idleTimeout", TextOf(cluster is null ? null : IdleTimeoutFilter.Of(cluster)));
        json.WriteString("maxDuration", TextOf(route.Timeout));
        json.WriteString("source", source);
        json.WriteEndObject();
    }

    // Each Service of a weighted route may have a mode of its own.
    private static void WriteShares(
        Utf8JsonWriter json, List<(string? Cluster, int Weight)> shares, Dictionary<string, ClusterConfig> clusters)
    {
        json.WriteStartArray("clusters");
        foreach (var (cluster, weight) in shares)
        {
            json.WriteStartObject();
            json.WriteString("name", cluster);
            json.WriteNumber("weight", weight);
            json.WriteString("mode", cluster is null ? null : ConnectionRequests.ModeOf(clusters.GetValueOrDefault(cluster)?.Metadata));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // YARP writes "never" as -1 ms.
    private static string? TextOf(TimeSpan? time) =>
        time == Timeout.InfiniteTimeSpan ? null : time?.ToString("c", CultureInfo.InvariantCulture);

    private static List<(string? Cluster, int Weight)>? SharesOf(RouteConfig route) =>
        route.Metadata?.GetValueOrDefault(HttpRouteRule.BackendsKey) is { } text ? [.. WeightedBackends.SharesOf(text)] : null;
}
