using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Model;

namespace Gateway.Http.GatewayApi;

/// <summary>
/// Keeps the table of HTTPRoutes beside ASP.NET Core's routing: their endpoints are YARP's, and routing does not match them. The table
/// changes with YARP's endpoints, before whoever changed them goes on.
/// </summary>
internal sealed class HttpRouteEndpoints : IDisposable
{
    private volatile HttpRouteTable _table = HttpRouteTable.Empty;
    private IDisposable? _following;

    /// <summary>The table in force.</summary>
    public HttpRouteTable Table => _table;

    /// <summary>Marks an endpoint, if its route is a match of an HTTPRoute.</summary>
    public static void Mark(EndpointBuilder endpoint)
    {
        if (endpoint.Metadata.OfType<RouteModel>().FirstOrDefault() is { } route && HttpRouteRule.Of(route.Config) is { } rule)
        {
            endpoint.Metadata.Add(rule);
            endpoint.Metadata.Add(new SuppressMatchingMetadata());
        }
    }

    /// <summary>Follows YARP's endpoints.</summary>
    public void Follow(EndpointDataSource endpoints)
    {
        _following?.Dispose();
        _following = ChangeToken.OnChange(endpoints.GetChangeToken, () => Read(endpoints));
        Read(endpoints);
    }

    /// <inheritdoc/>
    public void Dispose() => _following?.Dispose();

    private void Read(EndpointDataSource endpoints) => _table = new HttpRouteTable(endpoints.Endpoints);
}
