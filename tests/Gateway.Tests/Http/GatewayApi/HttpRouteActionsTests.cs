using Gateway.Http.GatewayApi;
using Gateway.Http.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Gateway.Tests.Http.GatewayApi;

public sealed class HttpRouteActionsTests
{
    /// <summary>
    /// A configuration that comes between the match of a request and the choice of its backend may have changed the order of the backends:
    /// the headers that are set for one of them, which may be a secret, go to this one.
    /// </summary>
    [Fact]
    public async Task Share_OfANewerConfiguration_KeepsItsClusterAndItsFiltersTogether()
    {
        var (a, b) = (Cluster("a"), Cluster("b"));
        var newer = new RouteModel(new RouteConfig { RouteId = "r.b0", ClusterId = "b" }, b, HttpTransformer.Default);
        var rule = HttpRouteRule.Of(new RouteConfig
        {
            RouteId = "r",
            Match = new RouteMatch(),
            Metadata = new Dictionary<string, string>
            {
                [ListenerMatcherPolicy.MetadataKey] = "web",
                [HttpRouteRule.PathKey] = "PathPrefix /",
                [HttpRouteRule.BackendsKey] = "a=1,b=0",
                [HttpRouteRule.BackendRoutesKey] = "r.b0,r.b1",
            },
        });
        var endpoint = new Endpoint(null, new EndpointMetadataCollection(rule!), "r");
        using var endpoints = new HttpRouteEndpoints();
        endpoints.Follow(new DefaultEndpointDataSource(endpoint));
        var context = new DefaultHttpContext();
        context.SetEndpoint(endpoint);
        context.Features.Set<IReverseProxyFeature>(new ProxyFeature { Route = newer, Cluster = a.Model });

        await new HttpRouteActions(static _ => Task.CompletedTask, endpoints, new State([a, b], [newer])).InvokeAsync(context);

        var proxy = context.GetReverseProxyFeature();
        Assert.Equal(("r.b0", "b"), (proxy.Route.Config.RouteId, proxy.Cluster.Config.ClusterId));
    }

    private static ClusterState Cluster(string id) => new(
        id, new ClusterModel(new ClusterConfig { ClusterId = id }, new HttpMessageInvoker(new SocketsHttpHandler())));

    private sealed class ProxyFeature : IReverseProxyFeature
    {
        public required RouteModel Route { get; init; }

        public required ClusterModel Cluster { get; set; }

        public IReadOnlyList<DestinationState> AllDestinations { get; init; } = [];

        public IReadOnlyList<DestinationState> AvailableDestinations { get; set; } = [];

        public DestinationState? ProxiedDestination { get; set; }
    }

    private sealed class State(ClusterState[] clusters, RouteModel[] routes) : IProxyStateLookup
    {
        public bool TryGetRoute(string id, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out RouteModel? route) =>
            (route = Array.Find(routes, one => one.Config.RouteId == id)) is not null;

        public IEnumerable<RouteModel> GetRoutes() => routes;

        public bool TryGetCluster(string id, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ClusterState? cluster) =>
            (cluster = Array.Find(clusters, one => one.ClusterId == id)) is not null;

        public IEnumerable<ClusterState> GetClusters() => clusters;
    }
}
