using Gateway.Http.Messages;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Http.Requests;

/// <summary>
/// Converts header values of the configuration (values that routes match on, and values that transforms set) to UTF-8, because header
/// values in messages are bytes.
/// </summary>
internal sealed class HeaderTextFilter : IProxyConfigFilter
{
    private static readonly string[] Headers = ["RequestHeader", "ResponseHeader", "ResponseTrailer"];

    /// <inheritdoc/>
    public ValueTask<ClusterConfig> ConfigureClusterAsync(ClusterConfig cluster, CancellationToken cancel) => new(cluster);

    /// <inheritdoc/>
    public ValueTask<RouteConfig> ConfigureRouteAsync(RouteConfig route, ClusterConfig? cluster, CancellationToken cancel) => new(route with
    {
        Match = route.Match.Headers is { } headers ? route.Match with { Headers = [.. headers.Select(InBytes)] } : route.Match,
        Transforms = route.Transforms?.Select(InBytes).ToList(),
    });

    private static RouteHeader InBytes(RouteHeader header) => header with { Values = header.Values?.Select(HeaderBytes.FromText).ToList() };

    private static IReadOnlyDictionary<string, string> InBytes(IReadOnlyDictionary<string, string> transform) =>
        Headers.Any(transform.ContainsKey)
            ? transform.ToDictionary(
                static pair => pair.Key,
                static pair => HeaderBytes.FromText(pair.Value),
                StringComparer.OrdinalIgnoreCase)
            : transform;
}
