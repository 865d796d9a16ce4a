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
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = "all", ClusterId = "web", Match = new RouteMatch { Path = "/{**all}" } }],
            [
                new ClusterConfig
                {
                    ClusterId = "web",
                    Destinations = new Dictionary<string, DestinationConfig>
                    {
                        ["0"] = new() { Address = $"http://127.0.0.1:{Configurations.HttpPort}" },
                    },
                },
            ]);
        var app = builder.Build();
        app.MapReverseProxy();
        await app.RunAsync();
    }
}
