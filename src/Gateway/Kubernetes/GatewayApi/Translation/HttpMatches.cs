using Gateway.Kubernetes.GatewayApi.Objects;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>Reads the matches of an HTTPRoute's rule.</summary>
internal static class HttpMatches
{
    // RFC 9110, 9.3, and PATCH. CONNECT is missing, because the gateway is no forward proxy.
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"];

    /// <summary>Reads matches.</summary>
    /// <param name="matches">The matches; null or empty: every request.</param>
    /// <param name="read">The matches, if nothing is wrong.</param>
    /// <returns>What is wrong; null: nothing.</returns>
    public static string? Read(IReadOnlyList<HttpRouteMatch>? matches, out List<HttpMatch> read)
    {
        read = [];
        foreach (var match in matches is { Count: > 0 } ? matches : [new HttpRouteMatch()])
        {
            if (Read(match, read) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    private static string? Read(HttpRouteMatch match, List<HttpMatch> read)
    {
        var (type, path) = (match.Path?.Type ?? "PathPrefix", match.Path?.Value ?? "/");
        var problem = type is not ("PathPrefix" or "Exact") ? $"the path type {type} is not supported: Exact and PathPrefix are"
            : HttpText.ProblemOfPath(path)
            ?? (match.Method is { } method && !Methods.Contains(method) ? $"the method {method} is not supported" : null)
            ?? ProblemOf("header", match.Headers)
            ?? ProblemOf("query parameter", match.QueryParams)
            ?? (match.Headers ?? []).Select(static header => HttpText.ProblemOfName(header.Name))
                .FirstOrDefault(static one => one is not null);
        if (problem is not null)
        {
            return problem;
        }

        var isExact = type == "Exact";
        path = isExact ? path : path.TrimEnd('/');
        read.Add(new(
            new RouteMatch
            {
                Path = isExact ? path : $"{path}/{{**rest}}",
                Methods = match.Method is { } only ? [only] : null,
                // Of conditions on one header the first counts, as the API says.
                Headers = match.Headers is not { Count: > 0 } headers ? null :
                [
                    .. headers.DistinctBy(static header => header.Name, StringComparer.OrdinalIgnoreCase).Select(static header =>
                        new RouteHeader { Name = header.Name, Values = [header.Value], IsCaseSensitive = true }),
                ],
                QueryParameters = match.QueryParams is not { Count: > 0 } query ? null :
                [
                    .. query.DistinctBy(static parameter => parameter.Name, StringComparer.Ordinal).Select(static parameter =>
                        new RouteQueryParameter { Name = parameter.Name, Values = [parameter.Value], IsCaseSensitive = true }),
                ],
            },
            isExact,
            HttpText.Decode(path)));
        return null;
    }

    private static string? ProblemOf(string what, IReadOnlyList<HttpValueMatch>? conditions) =>
        (conditions ?? []).FirstOrDefault(static condition => (condition.Type ?? "Exact") != "Exact") is { } other
            ? $"the type {other.Type} of the {what} {other.Name} is not supported: Exact is"
            : null;
}
