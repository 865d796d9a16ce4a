using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Benchmarks.Peers;

/// <summary>The HTTP yardstick: YARP as its template makes it, logging of requests off.</summary>
internal static class PlainYarpHost
{
    public static async Task RunAsync(string port)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = [$"--urls=http://127.0.0.1:{port}"] });
        // At Warning it would write a stack for each WebSocket that the load program resets.
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.Services.AddReverseProxy().LoadFromMemory(
            [
                new RouteConfig { RouteId = "all", ClusterId = "web", Match = new RouteMatch { Path = "/{**all}" } },
                new RouteConfig { RouteId = "ws", ClusterId = "ws", Match = new RouteMatch { Path = "/ws" } },
            ],
            [ClusterOf("web", Configurations.HttpPort), ClusterOf("ws", Configurations.UpgradePort)]);
        var app = builder.Build();
        app.MapReverseProxy();
        await app.RunAsync();
    }

    private static ClusterConfig ClusterOf(string name, int port) => new()
    {
        ClusterId = name,
        Destinations = new Dictionary<string, DestinationConfig> { ["0"] = new() { Address = $"http://127.0.0.1:{port}" } },
    };
}
