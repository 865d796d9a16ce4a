using System.Collections.Frozen;

namespace Gateway.Http.GatewayApi;

/// <summary>The matches of all HTTPRoutes, by listener. Immutable.</summary>
internal sealed class HttpRouteTable
{
    private readonly FrozenDictionary<string, HttpRouteHosts> _listeners;

    /// <summary>Sorts routes.</summary>
    /// <param name="endpoints">YARP's endpoints. Those without a <see cref="HttpRouteRule"/> are left out.</param>
    public HttpRouteTable(IEnumerable<Endpoint> endpoints)
    {
        var listeners = new Dictionary<string, HttpRouteHosts>(StringComparer.OrdinalIgnoreCase);
        var marked = endpoints.Select(static endpoint => (Endpoint: endpoint, Rule: endpoint.Metadata.GetMetadata<HttpRouteRule>()))
            .Where(static entry => entry.Rule is { IsShare: false })
            .OrderBy(static entry => entry.Rule!, HttpRouteRule.Precedence);
        foreach (var (endpoint, rule) in marked)
        {
            if (!listeners.TryGetValue(rule!.Listener, out var hosts))
            {
                listeners[rule.Listener] = hosts = new HttpRouteHosts();
            }

            hosts.Add(endpoint, rule);
        }

        _listeners = listeners.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The table without routes.</summary>
    public static HttpRouteTable Empty { get; } = new([]);

    /// <summary>Whether there are no routes at all.</summary>
    public bool IsEmpty => _listeners.Count == 0;

    /// <summary>The matches of a listener; null: HTTPRoutes have no part in it.</summary>
    public HttpRouteHosts? Find(string listener) => _listeners.GetValueOrDefault(listener);
}
