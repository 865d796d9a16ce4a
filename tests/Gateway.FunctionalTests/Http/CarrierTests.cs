using System.Diagnostics.Metrics;
using Gateway.Testing.Network;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Gateway.FunctionalTests.Http;

/// <summary>What the connections of a listener on the engine have of the carrier.</summary>
public sealed class CarrierTests
{
    // Kestrel adds tags to the list of this feature, and the list is made for one connection.
    [Fact]
    public async Task Request_WhenConnectionsAreMeasured_HasNoTagsOfTheCarrier()
    {
        Assert.SkipUnless(EngineTransport.IsWanted, "Here .NET's sockets carry HTTP.");
        using var meters = new MeterListener();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "kestrel.connection.duration")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        meters.Start();
        await using var backend = RecordingTcpServer.Start(async peer =>
        {
            await peer.WaitForFirstByteAsync();
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            await peer.WaitForEndAsync();
        });
        var seen = new Tags();
        await using var gateway = await HttpTestGateway.StartAsync(
            HttpTestGateway.Config($"http://{backend.Address}/"), services: services => services.AddSingleton<ITransformProvider>(seen));

        using var client = await TcpPeer.ConnectAsync(gateway["web"]);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Equal("HTTP/1.1 200 OK", await client.ReadLineAsync());
        Assert.Equal([null], seen.OfRequests);
    }

    private sealed class Tags : ITransformProvider
    {
        public List<IConnectionMetricsTagsFeature?> OfRequests { get; } = [];

        public void ValidateRoute(TransformRouteValidationContext context)
        {
        }

        public void ValidateCluster(TransformClusterValidationContext context)
        {
        }

        public void Apply(TransformBuilderContext context) => context.AddRequestTransform(request =>
        {
            OfRequests.Add(request.HttpContext.Features.Get<IConnectionMetricsTagsFeature>());
            return default;
        });
    }
}
