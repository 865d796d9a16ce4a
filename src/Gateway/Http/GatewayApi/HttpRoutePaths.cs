namespace Gateway.Http.GatewayApi;

/// <summary>The matches of one host name, by path.</summary>
/// <param name="host">The host name.</param>
internal sealed class HttpRoutePaths(string host)
{
    private readonly Dictionary<string, List<Entry>> _exact = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Entry>> _prefixes = new(StringComparer.Ordinal);
    private int _longestPrefix;

    /// <summary>Adds a match. The caller adds matches in their precedence.</summary>
    public void Add(Endpoint endpoint, HttpRouteRule rule)
    {
        var paths = rule.IsExact ? _exact : _prefixes;
        if (!paths.TryGetValue(rule.Path, out var entries))
        {
            paths[rule.Path] = entries = [];
            _longestPrefix = rule.IsExact ? _longestPrefix : Math.Max(_longestPrefix, rule.Path.Length);
        }

        // Names that are as wide as this one or wider were compared when the name was taken for the route.
        entries.Add(new(endpoint, rule, [.. rule.NotHosts.Where(name => HostPattern.Covers(host, name))]));
    }

    /// <summary>Finds the route of a request; null: there is none.</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">The host that it asks for.</param>
    public Endpoint? Find(HttpRequest request, string name)
    {
        var path = request.Path.Value ?? "";
        if (_exact.TryGetValue(path, out var exact) && First(exact, request, name) is { } equal)
        {
            return equal;
        }

        var prefixes = _prefixes.GetAlternateLookup<ReadOnlySpan<char>>();
        // A path may have 8,000 slashes, and each look reads all that is before.
        var prefix = path.Length <= _longestPrefix ? path : path.AsSpan(0, Math.Max(0, path.LastIndexOf('/', _longestPrefix)));
        while (true)
        {
            if (prefixes.TryGetValue(prefix, out var entries) && First(entries, request, name) is { } found)
            {
                return found;
            }

            if (prefix.IsEmpty)
            {
                return null;
            }

            prefix = prefix[..Math.Max(0, prefix.LastIndexOf('/'))];
        }
    }

    private static Endpoint? First(List<Entry> entries, HttpRequest request, string name)
    {
        foreach (var entry in entries)
        {
            if (entry.Rule.Matches(request) && !Array.Exists(entry.NotHosts, other => HostPattern.Covers(other, name)))
            {
                return entry.Endpoint;
            }
        }

        return null;
    }

    private sealed record Entry(Endpoint Endpoint, HttpRouteRule Rule, string[] NotHosts);
}
