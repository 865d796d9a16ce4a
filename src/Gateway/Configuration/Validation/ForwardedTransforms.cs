using Gateway.Configuration.Reading;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>Warns of a route's transform of a forwarding header, because this transform overrides the gateway's value.</summary>
internal static class ForwardedTransforms
{
    private static readonly string[] HeaderTransforms = ["RequestHeader", "RequestHeaderRemove", "RequestHeaderRouteValue"];

    /// <summary>Reports these transforms of a route.</summary>
    /// <param name="context">Where to report.</param>
    /// <param name="path">Key path of the route.</param>
    /// <param name="route">The route.</param>
    public static void Check(ValidationContext context, string path, RouteConfig route)
    {
        var transforms = route.Transforms ?? [];
        for (var i = 0; i < transforms.Count; i++)
        {
            foreach (var (key, value) in transforms[i] ?? new Dictionary<string, string>())
            {
                var isForwarding = Is(key, "X-Forwarded") || Is(key, "Forwarded")
                    || (HeaderTransforms.Any(name => Is(key, name)) && IsForwardingHeader(value))
                    || (Is(key, "RequestHeadersAllowed") && !(value ?? "").Split(';').Any(IsForwardingHeader));
                if (isForwarding)
                {
                    context.Issues.Warning(
                        KeyPath.Join($"{path}:Transforms", i),
                        ConfigIssue.Quote($"{key}: {value}"),
                        "the route's own transform of a forwarding header wins: the backend may not learn the client's address as elsewhere"
                    );
                }
            }
        }
    }

    private static bool IsForwardingHeader(string? name) =>
        name is not null
        && (name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase) || Is(name, "Forwarded") || Is(name, "X-Real-IP"));

    private static bool Is(string text, string other) => text.Equals(other, StringComparison.OrdinalIgnoreCase);
}
