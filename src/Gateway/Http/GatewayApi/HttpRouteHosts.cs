using Gateway.Http.Forwarded;
using Gateway.Http.Messages;

namespace Gateway.Http.GatewayApi;

/// <summary>
/// The matches of one listener, by host name: those of the name itself come first, then those of the longest wildcard. A route of a wider
/// name gets the requests that no route of a narrower name matches.
/// </summary>
internal sealed class HttpRouteHosts
{
    private readonly Dictionary<string, HttpRoutePaths> _names = new(StringComparer.OrdinalIgnoreCase);

    // By what follows the asterisk: ".example.com".
    private readonly Dictionary<string, HttpRoutePaths> _wildcards = new(StringComparer.OrdinalIgnoreCase);
    private readonly HttpRoutePaths _any = new("");
    private int _longestWildcard;
    private ListenerNames? _listeners;

    /// <summary>Adds a match. The caller adds matches in their precedence.</summary>
    public void Add(Endpoint endpoint, HttpRouteRule rule)
    {
        // Every rule of a port has the same names.
        if (_listeners is null && rule.ListenerNames.Count > 0)
        {
            _listeners = new ListenerNames(rule.ListenerNames);
        }

        if (rule.Hosts.Count == 0)
        {
            _any.Add(endpoint, rule);
        }

        foreach (var host in rule.Hosts)
        {
            var isWildcard = HostPattern.IsWildcard(host);
            var (hosts, key) = isWildcard ? (_wildcards, host[1..]) : (_names, host);
            _longestWildcard = isWildcard ? Math.Max(_longestWildcard, key.Length) : _longestWildcard;
            if (!hosts.TryGetValue(key, out var paths))
            {
                hosts[key] = paths = new HttpRoutePaths(host);
            }

            paths.Add(endpoint, rule);
        }
    }

    /// <summary>Finds the route of a request; null: there is none.</summary>
    public Endpoint? Find(HttpRequest request)
    {
        var name = HostPattern.HostOf(request);
        if (_names.TryGetValue(name, out var own) && own.Find(request, name) is { } found)
        {
            return found;
        }

        // An asterisk stands for at least one character. No more of the name is looked at than the longest wildcard has: a client may send
        // 30,000 dots, and each look reads all that follows.
        var wildcards = _wildcards.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var dot = NextDot(name, Math.Max(1, name.Length - _longestWildcard)); dot >= 0; dot = NextDot(name, dot + 1))
        {
            if (wildcards.TryGetValue(name.AsSpan(dot), out var paths) && paths.Find(request, name) is { } matched)
            {
                return matched;
            }
        }

        return _any.Find(request, name);
    }

    /// <summary>Whether a request belongs to another listener than the handshake of its connection.</summary>
    public bool IsMisdirected(HttpContext context) =>
        _listeners is { } listeners
        && context.Features.Find<EndedTls>()?.ServerName is { } name
        && listeners.AreDifferent(name, HostPattern.HostOf(context.Request));

    private static int NextDot(string name, int from) => from < name.Length ? name.IndexOf('.', from) : -1;
}
