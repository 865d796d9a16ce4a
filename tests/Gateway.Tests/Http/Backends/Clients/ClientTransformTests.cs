using Gateway.Http.Backends.Clients;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Tests.Http.Backends.Clients;

public sealed class ClientTransformTests
{
    [Fact]
    public async Task Apply_ClusterWithoutTheKeys_AllocatesNothingAndTouchesNoRequest()
    {
        using var shared = new HttpMessageInvoker(new SocketsHttpHandler());
        using var request = new HttpRequestMessage();
        var context = new DefaultHttpContext();
        context.Features.Set<IReverseProxyFeature>(new Feature(new ClusterModel(new ClusterConfig { ClusterId = "c" }, shared)));
        var transform = new ClientTransform();
        var apply = new RequestTransformContext { HttpContext = context, ProxyRequest = request };
        await transform.ApplyAsync(apply);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            // Never suspends, so that this stays one thread.
            await transform.ApplyAsync(apply);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.False(request.Options.TryGetValue(ClientInvoker.Context, out _));
    }

    private sealed class Feature(ClusterModel cluster) : IReverseProxyFeature
    {
        public RouteModel Route => throw new NotSupportedException();

        public ClusterModel Cluster { get; set; } = cluster;

        public IReadOnlyList<DestinationState> AllDestinations => [];

        public IReadOnlyList<DestinationState> AvailableDestinations { get; set; } = [];

        public DestinationState? ProxiedDestination { get; set; }
    }
}
