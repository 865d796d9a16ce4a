using System.Collections.Frozen;
using Gateway.Http.Listeners;
using Gateway.Http.Messages;
using Microsoft.AspNetCore.Routing.Matching;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;

namespace Gateway.Http.Requests;

/// <summary>
/// Serves a route only on the listeners that its metadata names (<c>"Metadata": { "Listeners": "web,internal" }</c>). On other listeners
/// the route does not exist, and another route may match. The policy splits the routing tree before methods are matched, so that a path
/// that exists only on another listener, with another method, is 404 here and not 405. At equal order, a route that names listeners comes
/// before a route that names none.
/// </summary>
internal sealed class ListenerMatcherPolicy : MatcherPolicy, INodeBuilderPolicy, IEndpointComparerPolicy
{
    /// <summary>The key in a route's metadata. Names are separated by commas and compared without case, like keys of the file.</summary>
    public const string MetadataKey = "Listeners";

    /// <summary>Runs before the policies for HTTP methods (-1000) and hosts (-100).</summary>
    public override int Order => -2000;

    /// <inheritdoc/>
    public IComparer<Endpoint> Comparer { get; } =
        Comparer<Endpoint>.Create((x, y) => (NamesOf(y) is null ? 0 : 1) - (NamesOf(x) is null ? 0 : 1));

    /// <inheritdoc/>
    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(endpoint => NamesOf(endpoint) is not null);

    /// <inheritdoc/>
    public IReadOnlyList<PolicyNodeEdge> GetEdges(IReadOnlyList<Endpoint> endpoints)
    {
        var restricted = endpoints.Select(endpoint => (Endpoint: endpoint, Names: NamesOf(endpoint))).ToArray();
        var names = restricted.SelectMany(entry => entry.Names ?? []).Distinct(StringComparer.OrdinalIgnoreCase);
        var edges = names
            .Select(name => new PolicyNodeEdge(
                name,
                restricted
                    .Where(entry => entry.Names is null || entry.Names.Contains(name, StringComparer.OrdinalIgnoreCase))
                    .Select(entry => entry.Endpoint)
                    .ToArray()))
            .ToList();
        var anywhere = restricted.Where(entry => entry.Names is null).Select(entry => entry.Endpoint).ToArray();
        if (anywhere.Length > 0)
        {
            edges.Add(new PolicyNodeEdge(string.Empty, anywhere));
        }
        return edges;
    }

    /// <inheritdoc/>
    public PolicyJumpTable BuildJumpTable(int exitDestination, IReadOnlyList<PolicyJumpTableEdge> edges)
    {
        var byName = edges.ToFrozenDictionary(edge => (string)edge.State, edge => edge.Destination, StringComparer.OrdinalIgnoreCase);
        return new JumpTable(byName, byName.GetValueOrDefault(string.Empty, exitDestination));
    }

    /// <summary>The listeners that a route is limited to; null: all. A route with an empty list is served nowhere.</summary>
    public static string[]? NamesOf(RouteConfig? route) =>
        route?.Metadata?.TryGetValue(MetadataKey, out var names) == true
            ? names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            : null;

    private static string[]? NamesOf(Endpoint endpoint) => NamesOf(endpoint.Metadata.GetMetadata<RouteModel>()?.Config);

    private sealed class JumpTable(FrozenDictionary<string, int> byName, int others) : PolicyJumpTable
    {
        public override int GetDestination(HttpContext httpContext) =>
            httpContext.Features.Find<IListenerFeature>() is { } listener && byName.TryGetValue(listener.Name, out var destination)
                ? destination
                : others;
    }
}
