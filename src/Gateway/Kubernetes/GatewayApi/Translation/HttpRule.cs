using Gateway.Kubernetes.GatewayApi.Objects;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>A rule of an HTTPRoute, read.</summary>
/// <param name="Matches">Its matches.</param>
/// <param name="Actions">What it does with a request.</param>
/// <param name="Timeout">The longest time until the response has ended; null: no limit.</param>
/// <param name="OfBackends">The actions for each backendRef, whose own filters come after those of the rule.</param>
internal sealed record HttpRule(
    IReadOnlyList<HttpMatch> Matches, HttpActions Actions, TimeSpan? Timeout, IReadOnlyList<HttpActions> OfBackends)
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

        var problem = HttpFilters.Read(rule, matches, out var actions, out var ofBackends);
        read.Add(new(matches, actions, timeout, ofBackends));
        return problem;
    }

    private static string? ProblemOf(RouteRule rule, out TimeSpan? timeout)
    {
        var problem = TimeoutOf("request", rule.Timeouts?.Request, out var request);
        var problemOfAttempt = TimeoutOf("backendRequest", rule.Timeouts?.BackendRequest, out var attempt);
        // There is one attempt: a second one, after a connect that failed, ends at the same time.
        timeout = attempt ?? request;
        return rule.Retry is not null ? "retry is not supported"
            : rule.SessionPersistence is not null ? "sessionPersistence is not supported"
            : problem
                ?? problemOfAttempt
                ?? (attempt > request ? "timeouts.backendRequest is longer than timeouts.request" : null);
    }

    // Zero stands for no limit.
    private static string? TimeoutOf(string key, string? text, out TimeSpan? timeout)
    {
        timeout = text is null ? null : HttpText.DurationOf(text);
        var problem = text is not null && timeout is null ? $"timeouts.{key}: {text} is no duration" : null;
        timeout = timeout == TimeSpan.Zero ? null : timeout;
        return problem;
    }
}
