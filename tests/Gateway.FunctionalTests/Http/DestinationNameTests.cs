using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Gateway.Http.Backends.Clients;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Names;
using Gateway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Time.Testing;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.FunctionalTests.Http;

/// <summary>Destinations that are names: followed where they go, dialed address by address, and measured.</summary>
public sealed class DestinationNameTests
{
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(6);

    private readonly FakeTimeProvider _time = new();
    private readonly ConcurrentDictionary<string, IPAddress[]> _names = new();

    [Theory]
    [InlineData("1.1", "None")]
    [InlineData("2", "None")]
    [InlineData("1.1", "ProxyProtocol")]
    public async Task Name_Moves_RequestsFollowAlthoughTheOldAddressStillAnswers(string version, string mode)
    {
        await using var old = await ListenAsync("127.0.0.11", 0, "old", version);
        var port = new Uri(old.Urls.First()).Port;
        await using var current = await ListenAsync("127.0.0.12", port, "current", version);
        _names["app.example"] = [IPAddress.Parse("127.0.0.11")];
        await using var gateway = await StartAsync($"http://app.example:{port}/", version, mode);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{gateway["web"]}/") };

        Assert.Equal("old", await client.GetStringAsync("/"));
        _names["app.example"] = [IPAddress.Parse("127.0.0.12")];
        _time.Advance(Stale);

        await Eventually.TrueAsync(async () => await client.GetStringAsync("/") == "current", "the new address", Limits.Wait);
    }

    [Fact]
    public async Task NameOfSeveralPods_Http2_EachGetsItsShare()
    {
        await using var one = await ListenAsync("127.0.0.11", 0, "one", "2");
        var port = new Uri(one.Urls.First()).Port;
        await using var two = await ListenAsync("127.0.0.12", port, "two", "2");
        _names["app.example"] = [IPAddress.Parse("127.0.0.11"), IPAddress.Parse("127.0.0.12")];
        await using var gateway = await StartAsync($"http://app.example:{port}/", "2", "None", TimeSpan.FromMilliseconds(100));
        using var client = new HttpClient { BaseAddress = new Uri($"http://{gateway["web"]}/") };

        var seen = new HashSet<string>();
        await Eventually.TrueAsync(
            async () =>
            {
                seen.Add(await client.GetStringAsync("/"));
                return seen.Count == 2;
            },
            "an answer of each pod",
            Limits.Wait);
    }

    [Fact]
    public async Task NobodyListens_TheLogNamesTheAddressAndTheConnectIsMeasured()
    {
        _names["app.example"] = [IPAddress.Parse("127.0.0.200"), IPAddress.Parse("127.0.0.201")];
        await using var gateway = await StartAsync("http://app.example:1/", "1.1", "None");
        using var connects = new MetricCollector<double>(
            gateway.Services.GetRequiredService<IMeterFactory>(),
            "Gateway.Tcp",
            "gateway.destination.connect.duration");
        using var client = new HttpClient { BaseAddress = new Uri($"http://{gateway["web"]}/") };

        Assert.Equal(HttpStatusCode.BadGateway, (await client.GetAsync("/")).StatusCode);
        var line = await gateway.WaitForAccessLineAsync(line => line.Contains("path=/ ", StringComparison.Ordinal));

        Assert.Contains("error=Request detail=to:127.0.0.201:1,ConnectionRefused,attempts:2", line, StringComparison.Ordinal);
        var failed = connects.GetMeasurementSnapshot();
        Assert.Equal(2, failed.Count);
        Assert.All(
            failed,
            connect =>
                Assert.Equal(
                    ("backend", "one", "refused"),
                    (connect.Tags["cluster"], connect.Tags["destination"], connect.Tags["error.type"])));
    }

    private async Task<HttpTestGateway> StartAsync(string destination, string version, string mode, TimeSpan? lifetime = null) =>
        await HttpTestGateway.StartAsync(
            HttpTestGateway.Config(
                destination,
                cluster: cluster =>
                    cluster with
                    {
                        HttpRequest = new ForwarderRequestConfig
                        {
                            Version = Version.Parse(version == "2" ? "2.0" : version),
                            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                        },
                        Metadata =
                            mode == "None"
                                ? null
                                : new Dictionary<string, string> { ["SourceIp.Mode"] = mode, ["SourceIp.Version"] = "V1" },
                    }),
            services: services =>
            {
                services.AddSingleton(
                    new DestinationOptions
                    {
                        LifetimeOfNames = lifetime ?? TimeSpan.FromHours(1),
                        LookInterval = TimeSpan.FromMilliseconds(10),
                    });
                services.AddSingleton(provider => new SocketDialer(
                    provider.GetRequiredService<IMeterFactory>(),
                    TimeProvider.System,
                    new OwnListeners(),
                    new HostResolver(_time, Ask)));
            });

    private Task<IPAddress[]> Ask(string name, CancellationToken cancellation) =>
        _names.TryGetValue(name, out var addresses) ? Task.FromResult(addresses) : throw new SocketException((int)SocketError.HostNotFound);

    /// <summary>Says its name, behind a PROXY header or not.</summary>
    private static async Task<WebApplication> ListenAsync(string address, int port, string name, string version)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Parse(address), port, listen =>
        {
            listen.Protocols = version == "2" ? HttpProtocols.Http2 : HttpProtocols.Http1;
            listen.Use(next => async connection =>
            {
                var read = await connection.Transport.Input.ReadAsync();
                var isHeader = read.Buffer.FirstSpan.StartsWith("PROXY "u8);
                var end = isHeader ? read.Buffer.GetPosition(read.Buffer.FirstSpan.IndexOf((byte)'\n') + 1) : read.Buffer.Start;
                connection.Transport.Input.AdvanceTo(end);
                await next(connection);
            });
        }));
        var app = builder.Build();
        app.Run(context => context.Response.WriteAsync(name));
        await app.StartAsync().WaitAsync(Limits.Wait);
        return app;
    }
}
