using Gateway.Kubernetes.GatewayApi.Objects;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>A rule of an HTTPRoute, read.</summary>
/// <param name="Matches">Its matches.</param>
/// <param name="Actions">What it does with a request.</param>
/// <param name="Timeout">The longest time until the response has ended; null: no limit.</param>
internal sealed record HttpRule(IReadOnlyList<HttpMatch> Matches, HttpActions Actions, TimeSpan? Timeout)
{
    /// <summary>Reads all rules of an HTTPRoute.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="read">The rules, if nothing is wrong.</param>
    /// <returns>
    /// What is wrong with any of them; null: nothing. A route with a rule that cannot be served is not served at all: without the rule, its
    /// requests would fall to a wider rule, which may lack a filter that the author counts on.
    /// </returns>
    public static Problem? Read(IReadOnlyList<RouteRule> rules, out List<HttpRule> read)
    {
        read = [];
        for (var i = 0; i < rules.Count; i++)
        {
            if (Read(rules[i], read) is { } problem)
            {
                return problem with { Message = $"rules[{i}]: {problem.Message}" };
            }
        }

        return null;
    }

    private static Problem? Read(RouteRule rule, List<HttpRule> read)
    {
        TimeSpan? timeout = null;
        var unsupported = HttpMatches.Read(rule.Matches, out var matches) ?? ProblemOf(rule, out timeout);
        if (unsupported is not null)
        {
            return new("UnsupportedValue", unsupported);
        }

        var problem = HttpFilters.Read(rule, matches, out var actions);
        read.Add(new(matches, actions, timeout));
        return problem;
    }

    private static string? ProblemOf(RouteRule rule, out TimeSpan? timeout)
    {
        timeout = rule.Timeouts?.Request is { } text ? HttpText.DurationOf(text) : null;
        var problem = rule.Retry is not null ? "retry is not supported"
            : rule.SessionPersistence is not null ? "sessionPersistence is not supported"
            : (rule.BackendRefs ?? []).Any(static backend => backend.Filters is { Count: > 0 })
                ? "filters of a backendRef are not supported: write them at the rule"
            : rule.Timeouts?.BackendRequest is not null ? "timeouts.backendRequest is not supported: timeouts.request is"
            : rule.Timeouts?.Request is not null && timeout is null ? $"timeouts.request: {rule.Timeouts.Request} is no duration"
            : null;
        timeout = timeout == TimeSpan.Zero ? null : timeout;
        return problem;
    }
}
