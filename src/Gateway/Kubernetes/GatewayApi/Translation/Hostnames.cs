using Gateway.Http.GatewayApi;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>The server names that a listener and a route have in common.</summary>
internal static class Hostnames
{
    /// <summary>Intersects the name of a listener with a name of a route, each of which may begin with a wildcard label.</summary>
    /// <param name="listener">The listener's name; null or empty: any name.</param>
    /// <param name="route">The route's name.</param>
    /// <returns>The narrower of both; null: they have nothing in common.</returns>
    public static string? Intersect(string? listener, string route)
    {
        var asked = route.ToLowerInvariant();
        if (string.IsNullOrEmpty(listener))
        {
            return asked;
        }

        var served = listener.ToLowerInvariant();
        return HostPattern.Covers(served, asked) ? asked : HostPattern.Covers(asked, served) ? served : null;
    }
}
