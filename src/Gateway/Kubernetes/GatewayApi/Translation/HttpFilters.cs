using Gateway.Http.GatewayApi;
using Gateway.Kubernetes.GatewayApi.Objects;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>Reads the filters of an HTTPRoute's rule. A filter that is not supported is never skipped: the route is not accepted.</summary>
internal static class HttpFilters
{
    private const string Supported = "RequestHeaderModifier, ResponseHeaderModifier, RequestRedirect and URLRewrite are";

    private static readonly int[] RedirectStatuses = [301, 302, 303, 307, 308];

    /// <summary>Reads filters.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="matches">Its matches.</param>
    /// <param name="actions">What the filters of the rule do, if nothing is wrong.</param>
    /// <param name="ofBackends">What these and those of each backendRef do.</param>
    /// <returns>What is wrong; null: nothing.</returns>
    public static Problem? Read(
        RouteRule rule, IReadOnlyList<HttpMatch> matches, out HttpActions actions, out IReadOnlyList<HttpActions> ofBackends)
    {
        ofBackends = [];
        var problem = Read(rule.Filters ?? [], matches, new HttpActions(), out actions) ?? Incompatible(rule);
        if (problem is not null)
        {
            return problem;
        }

        var all = new List<HttpActions>();
        foreach (var backend in rule.BackendRefs ?? [])
        {
            if (ReadBackend(rule, backend.Filters ?? [], matches, actions, all) is { } bad)
            {
                return bad with { Message = $"a backendRef: {bad.Message}" };
            }
        }

        ofBackends = all;
        return null;
    }

    private static Problem? ReadBackend(
        RouteRule rule, IReadOnlyList<HttpFilter> filters, IReadOnlyList<HttpMatch> matches, HttpActions before, List<HttpActions> all)
    {
        if (filters.Any(static filter => filter.Type == "RequestRedirect"))
        {
            return new("UnsupportedValue", "RequestRedirect is not supported here: write it at the rule");
        }

        if (IsTwice(filters) || (Has(filters, "URLRewrite") && Has(rule.Filters ?? [], "URLRewrite")))
        {
            return new("IncompatibleFilters", "a request is changed by each filter once");
        }

        var problem = Read(filters, matches, before, out var actions);
        all.Add(filters.Count == 0 ? before : actions);
        return problem;
    }

    private static Problem? Read(
        IReadOnlyList<HttpFilter> filters, IReadOnlyList<HttpMatch> matches, HttpActions before, out HttpActions actions)
    {
        actions = before;
        var headers = new List<IReadOnlyDictionary<string, string>>(before.Headers);
        foreach (var filter in filters)
        {
            var problem = filter switch
            {
                { Type: "RequestHeaderModifier", RequestHeaderModifier: { } request } => Read(request, isRequest: true, headers),
                { Type: "ResponseHeaderModifier", ResponseHeaderModifier: { } response } => Read(response, isRequest: false, headers),
                { Type: "RequestRedirect", RequestRedirect: { } redirect } => ProblemOf(redirect, matches),
                { Type: "URLRewrite", UrlRewrite: { } rewrite } => ProblemOf(rewrite, matches),
                _ => $"the filter {filter.Type} is not supported: {Supported}",
            };
            if (problem is not null)
            {
                return new("UnsupportedValue", problem);
            }

            actions = actions with
            {
                Redirect = actions.Redirect ?? (filter.Type == "RequestRedirect" ? filter.RequestRedirect : null),
                Rewrite = actions.Rewrite ?? (filter.Type == "URLRewrite" ? filter.UrlRewrite!.Path : null),
            };
            if (filter is { Type: "URLRewrite", UrlRewrite.Hostname: { } host })
            {
                headers.Add(HttpActions.Transform(("RequestHeader", "Host"), ("Set", host)));
            }
        }

        actions = actions with { Headers = headers };
        return null;
    }

    private static bool IsTwice(IReadOnlyList<HttpFilter> filters) =>
        filters.Count > filters.DistinctBy(static filter => filter.Type).Count();

    private static bool Has(IReadOnlyList<HttpFilter> filters, string type) => filters.Any(filter => filter.Type == type);

    private static Problem? Incompatible(RouteRule rule)
    {
        var filters = rule.Filters ?? [];
        var message = IsTwice(filters) ? "a rule has each filter once"
            : !Has(filters, "RequestRedirect") ? null
            : Has(filters, "URLRewrite") ? "URLRewrite and RequestRedirect are not for the same requests"
            : Has(filters, "ResponseHeaderModifier") ? "ResponseHeaderModifier changes responses of backends, and a redirect has none"
            : rule.BackendRefs is { Count: > 0 } ? "a rule with RequestRedirect has no backendRefs"
            : null;
        return message is null ? null : new("IncompatibleFilters", message);
    }

    private static string? Read(HttpHeaderModifier modifier, bool isRequest, List<IReadOnlyDictionary<string, string>> headers)
    {
        var set = (modifier.Set ?? []).Select(static header => (Header: header, Verb: "Set"));
        var add = (modifier.Add ?? []).Select(static header => (Header: header, Verb: "Append"));
        foreach (var (header, verb) in set.Concat(add))
        {
            if ((HttpText.ProblemOfModifiedName(header.Name) ?? HttpText.ProblemOfValue(header.Value)) is { } problem)
            {
                return problem;
            }

            headers.Add(isRequest
                ? HttpActions.Transform(("RequestHeader", header.Name), (verb, header.Value))
                : HttpActions.Transform(("ResponseHeader", header.Name), (verb, header.Value), ("When", "Always")));
        }

        foreach (var name in modifier.Remove ?? [])
        {
            if (HttpText.ProblemOfModifiedName(name) is { } problem)
            {
                return problem;
            }

            headers.Add(isRequest
                ? HttpActions.Transform(("RequestHeaderRemove", name))
                : HttpActions.Transform(("ResponseHeaderRemove", name), ("When", "Always")));
        }

        return null;
    }

    private static string? ProblemOf(HttpRedirect redirect, IReadOnlyList<HttpMatch> matches) =>
        redirect.Scheme is not (null or "http" or "https") ? $"the scheme {redirect.Scheme} is not supported: http and https are"
        : redirect.StatusCode is { } status && !RedirectStatuses.Contains(status)
            ? $"the status {status} is not supported: {string.Join(", ", RedirectStatuses)} are"
        : redirect.Port is < 1 or > 65535 ? $"{redirect.Port} is no port"
        : ProblemOfHost(redirect.Hostname) ?? ProblemOf(redirect.Path, matches);

    private static string? ProblemOf(HttpUrlRewrite rewrite, IReadOnlyList<HttpMatch> matches) =>
        ProblemOfHost(rewrite.Hostname) ?? ProblemOf(rewrite.Path, matches);

    private static string? ProblemOfHost(string? host) =>
        host is null ? null
        : HostPattern.IsWildcard(host) ? $"{host} is no host"
        : HttpText.ProblemOfHostname(host);

    private static string? ProblemOf(HttpPathModifier? path, IReadOnlyList<HttpMatch> matches) => path switch
    {
        null => null,
        { Type: "ReplaceFullPath", ReplaceFullPath: { } whole } => HttpText.ProblemOfPath(whole),
        { Type: "ReplacePrefixMatch", ReplacePrefixMatch: { } prefix } =>
            matches.Any(static match => match.IsExact) ? "ReplacePrefixMatch needs matches of the type PathPrefix"
            : prefix.Length == 0 ? null
            : HttpText.ProblemOfPath(prefix),
        _ => $"the path type {path.Type} is not supported: ReplaceFullPath and ReplacePrefixMatch are",
    };
}
