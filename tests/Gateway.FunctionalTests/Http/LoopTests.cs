using System.Collections.Concurrent;
using Gateway.Tcp.Engines;
using Gateway.Testing.Network;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Gateway.FunctionalTests.Http;

/// <summary>A request stays on the loop that accepted its client, before and after the destination's answer.</summary>
public sealed class LoopTests
{
    [Fact]
    public async Task Requests_OnNewAndUsedConnections_AreOnTheLoopBeforeAndAfterTheAnswer()
    {
        Assert.SkipUnless(EngineTransport.IsWanted, "Here .NET's sockets carry HTTP.");
        await using var backend = RecordingTcpServer.Start(async peer =>
        {
            while (await peer.WaitForFirstByteAsync() > 0)
            {
                while ((await peer.ReadLineAsync()).Length > 0)
                {
                }

                await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            }
        });
        var seen = new Loops();
        await using var gateway = await HttpTestGateway.StartAsync(
            HttpTestGateway.Config($"http://{backend.Address}/"), services: services => services.AddSingleton<ITransformProvider>(seen));

        // Two at once, so that the second needs a connection of its own to the destination.
        using var first = await TcpPeer.ConnectAsync(gateway["web"]);
        using var second = await TcpPeer.ConnectAsync(gateway["web"]);
        for (var i = 0; i < 10; i++)
        {
            await first.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
            await second.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
            foreach (var client in new[] { first, second })
            {
                Assert.Equal("HTTP/1.1 200 OK", await client.ReadLineAsync());
                while ((await client.ReadLineAsync()).Length > 0)
                {
                }

                Assert.Equal("ok", await client.ReadTextAsync(2));
            }
        }

        Assert.Equal(20, seen.OfRequests.Count);
        Assert.Equal(20, seen.OfResponses.Count);
        Assert.All(seen.OfRequests.Concat(seen.OfResponses), loop => Assert.NotNull(loop));
    }

    private sealed class Loops : ITransformProvider
    {
        public ConcurrentBag<EngineLoop?> OfRequests { get; } = [];

        public ConcurrentBag<EngineLoop?> OfResponses { get; } = [];

        public void ValidateRoute(TransformRouteValidationContext context)
        {
        }

        public void ValidateCluster(TransformClusterValidationContext context)
        {
        }

        public void Apply(TransformBuilderContext context)
        {
            context.AddRequestTransform(_ =>
            {
                OfRequests.Add(EngineLoop.Current);
                return default;
            });
            context.AddResponseTransform(_ =>
            {
                OfResponses.Add(EngineLoop.Current);
                return default;
            });
        }
    }
}
