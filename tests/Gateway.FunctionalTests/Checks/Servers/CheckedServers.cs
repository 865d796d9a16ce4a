using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Checks.Servers;

/// <summary>All servers that can be had, started at once, and one run of <c>Gateway check</c> that asks each port with each of V1, V2 and none.</summary>
public sealed class CheckedServers : IAsyncLifetime
{
    internal static readonly IReadOnlyList<string> Versions = ["V1", "V2", "None"];

    private IReadOnlyList<RunningServer> _servers = [];
    private CheckRun? _run;

    public async ValueTask InitializeAsync()
    {
        _servers = await Task.WhenAll(WebServers.All.Concat(OtherServers.All).Select(recipe => RunningServer.StartAsync(recipe)));
        var config = new ConfigFile();
        foreach (var (server, port, version) in from server in _servers
                                                where server.Failure is null
                                                from port in Enumerable.Range(0, server.Ports.Count)
                                                from version in Versions
                                                select (server, port, version))
        {
            config.AddTcp(
                RouteOf(server.Recipe.Name, port, version), FreePorts.Next(), $"127.0.0.1:{server.Ports[port]}",
                version == "None" ? new { Mode = "None" } : new { Mode = "ProxyProtocol", Version = version });
        }

        foreach (var server in _servers.Where(server => server.Failure is null && server.Ports.Count > 0))
        {
            var name = LongRouteOf(server.Recipe.Name);
            config.AddTcp(
                name, FreePorts.Next(), $"127.0.0.1:{server.Ports[0]}", new { Mode = "ProxyProtocol", PassThroughTlvs = new[] { "All" } },
                new { TrustedProxies = new[] { "192.0.2.1/32" }, MaxHeaderBytes = 4000 });
        }

        if (_servers.Any(server => server.Missing is null))
        {
            _run = await CheckRun.StartAsync(config, prefix: [.. RunningServer.Prompt]);
        }
    }

    /// <summary>What was found; skips the test if the server cannot be had.</summary>
    internal Finding Of(string name, int port, string version) => Find(name, RouteOf(name, port, version));

    /// <summary>The same, of the first port, behind a route that sends headers of up to 4000 bytes.</summary>
    internal Finding OfLong(string name) => Find(name, LongRouteOf(name));

    private Finding Find(string name, string route)
    {
        var server = _servers.Single(server => server.Recipe.Name == name);
        if (server.Missing is { } missing)
        {
            Assert.Skip(missing);
        }

        if (server.Failure is { } failure)
        {
            throw failure;
        }

        return _run!.The("proxy-header", $"TcpProxy:Clusters:{route}:Destinations:{route}-0:Address");
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_servers.Select(server => server.DisposeAsync().AsTask()));

    private static string LongRouteOf(string name) => $"{name}-long";

    private static string RouteOf(string name, int port, string version) => $"{name}-{port}-{version}";
}
