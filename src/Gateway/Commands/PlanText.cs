using System.Globalization;
using Gateway.Configuration;
using Gateway.Configuration.Loading;
using Gateway.Http.GatewayApi;
using Gateway.Http.Listeners;
using Gateway.Http.Requests;
using Gateway.Listeners;
using Gateway.Snapshots;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Routing;
using Gateway.Tcp.Telemetry;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Commands;

/// <summary>
/// What a valid configuration is going to do, as a text for a person: each listener, its routes in the order in which they match, and where
/// they lead; and the limit of the process.
/// </summary>
internal sealed class PlanText(ConfigResult result)
{
    // A list of networks may have thousands of lines, and a reader wants to know which list it is.
    private const int MaxListed = 4;

    private readonly GatewaySnapshot _snapshot = SnapshotBuilder.Build(result);

    private readonly Dictionary<string, ClusterConfig> _httpClusters = result.Config!.ReverseProxy.Clusters
        .ToDictionary(static cluster => cluster.ClusterId, StringComparer.OrdinalIgnoreCase);

    private GatewayConfig Config => _snapshot.Config;

    /// <summary>Writes the text.</summary>
    /// <param name="output">Takes the lines. What comes from the file is escaped.</param>
    public void Write(TextWriter output)
    {
        foreach (var plan in _snapshot.Listeners)
        {
            output.WriteLine(LogText.Sentence($"{Name(plan)}  {plan.Address}  {Describe(plan)}"));
            var number = 0;
            foreach (var line in plan.Kind != ListenerKind.Traffic ? [] : plan.IsTcp ? TcpRoutes(plan.Name) : HttpRoutes(plan.Name))
            {
                output.WriteLine(LogText.Sentence(string.Create(CultureInfo.InvariantCulture, $"  {++number}. {line}")));
            }
        }

        output.WriteLine(PolicyText.OfProcess(Config.Limits.MaxConnections, ConnectionLimit.ByDescriptors(), ConnectionLimit.Default()));
    }

    private static string Name(ListenerPlan plan) => plan.Kind == ListenerKind.Traffic ? plan.Name : plan.Describe();

    private string Describe(ListenerPlan plan)
    {
        if (plan.Kind != ListenerKind.Traffic)
        {
            return plan.Kind == ListenerKind.Admin ? "this machine's operators" : "health and metrics";
        }

        var listener = Config.Listeners[plan.Name];
        var parts = new List<string> { plan.Describe() };
        if (plan.Intercept is { } intercept)
        {
            parts.Add($"diverted by {intercept}");
        }

        parts.AddRange(ListenerText.WaysOf(listener, MaxListed));
        parts.AddRange(PolicyText.Of(listener, MaxListed));
        if (SourceOf($"Listeners:{plan.Name}") is { } source)
        {
            parts.Add($"from {source}");
        }

        return string.Join("; ", parts);
    }

    // The object of a cluster; null: the file.
    private string? SourceOf(string path) => _snapshot.Origins.GetValueOrDefault(path);

    private IEnumerable<string> TcpRoutes(string listener)
    {
        var routes = _snapshot.Tcp.Listeners.GetValueOrDefault(listener)?.Routes ?? [];
        foreach (var route in routes.Order(RouteRank.Comparer))
        {
            var config = Config.TcpProxy.Routes[route.Name];
            yield return $"{route.Name}: {RouteText.Of(config.Match, MaxListed)} -> {route.Cluster.Name} ({SourceIp(route)}): "
                + string.Concat(
                    PolicyText.Of(Config.TcpProxy.Clusters[route.Cluster.Name]).Concat(PolicyText.Of(config.Limits))
                        .Select(static text => $"; {text}").Prepend(Destinations(route)))
                + Times(config)
                + (SourceOf($"TcpProxy:Routes:{route.Name}") is { } source ? $"; from {source}" : "");
        }
    }

    private static string Times(TcpRouteConfig route) =>
        $"; ends after {Span(route.IdleTimeout)} without a byte"
        + (route.HalfClosedTimeout is { } half ? $", {Span(half)} once one side has ended" : "")
        + (route.MaxDuration is { } longest ? $", and after {Span(longest)} in any case" : "");

    private static string Span(TimeSpan time) => time.TotalSeconds < 120
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds} s")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes} min");

    private static string SourceIp(RouteModel route) =>
        route.SourceIp.Mode == SourceIpMode.ProxyProtocol ? $"ProxyProtocol {route.SourceIp.Version}" : route.SourceIp.Mode.ToString();

    private string Destinations(RouteModel route) =>
        Config.TcpProxy.Clusters[route.Cluster.Name] is { Type: not TcpClusterType.Static } cluster
            ? cluster.Type.ToString()
            : string.Join(", ", route.Cluster.Destinations.Select(static destination => $"{destination.Name} {destination.Address}"
                + (destination.Weight == 1 ? "" : $" (weight {destination.Weight})")
                + (destination.Priority == 0 ? "" : $" (priority {destination.Priority})")
                + (destination.MaxConnections is { } most ? $" ({PolicyText.AtMost(most)})" : "")));

    // Listeners of the cluster serve HTTPRoutes alone.
    private IEnumerable<string> HttpRoutes(string listener) =>
        RouteText.InMatchOrder(Config.ReverseProxy.Routes
            .Where(route => ListenerMatcherPolicy.NamesOf(route) is { } names
                ? names.Contains(listener, StringComparer.OrdinalIgnoreCase)
                : SourceOf($"Listeners:{listener}") is null))
            .Select(route => $"{route.RouteId}: {RouteText.Of(route, MaxListed)} -> {Target(route)}"
                + (SourceOf($"ReverseProxy:Routes:{route.RouteId}") is { } source ? $"; from {source}" : ""));

    private string Target(RouteConfig route) =>
        route.Metadata?.GetValueOrDefault(HttpRouteRule.RedirectKey)
            ?? (route.Metadata?.GetValueOrDefault(HttpRouteRule.BackendsKey) is { } shares ? Shares(shares) : null)
            ?? $"{route.ClusterId}: {Destinations(route)}";

    // A share without a backend is answered with 500.
    private static string Shares(string shares) =>
        shares.Length == 0
            ? "500"
            : string.Join(", ", shares.Split(',').Select(static share => share.StartsWith('=') ? $"500{share}" : share));

    private string Destinations(RouteConfig route) =>
        _httpClusters.GetValueOrDefault(route.ClusterId ?? "")?.Destinations is { Count: > 0 } destinations
            ? string.Join(", ", destinations.Select(static entry => $"{entry.Key} {entry.Value.Address}"))
            : "no destination";
}
