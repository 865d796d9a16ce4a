using System.Diagnostics.Metrics;
using System.Net;
using Gateway.Http.Connections;
using Gateway.Http.Listeners;
using Gateway.Http.Transport;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Linux;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.FunctionalTests.Http;

/// <summary>
/// Lets the Linux engine carry the HTTP/1.1 listeners of a test, as it does in the gateway. With GATEWAY_TEST_HTTP=Sockets .NET's sockets
/// carry them, so that the same tests test both.
/// </summary>
internal sealed class EngineTransport : IConnectionListenerFactory, IConnectionListenerFactorySelector, IAsyncDisposable
{
    // One loop, because each loop has connections of its own to the destinations, and tests count them.
    private readonly LinuxTcpEngine _engine = new(new LinuxEngineOptions { LoopCount = 1 });
    private readonly Dictionary<EndPoint, EngineListener> _listeners = [];

    public static bool IsWanted =>
        OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable("GATEWAY_TEST_HTTP") != "Sockets";

    public IReadOnlyList<EngineLoop> Loops => _engine.Loops;

    /// <summary>Binds a listener. Kestrel then binds its endpoint through this factory.</summary>
    public EngineListener Bind(IPAddress address, HttpListenerState state, IServiceProvider services)
    {
        var options = new TcpListenOptions { DualMode = address.Equals(IPAddress.IPv6Any) };
        var bound = ((ITcpEngine)_engine).Bind(new IPEndPoint(address, 0), options);
        var connections = services.GetRequiredService<HttpConnectionServices>();
        var listener = new EngineListener(
            bound,
            Loops,
            connection => connections.Of(connection, state).AcceptedBy = bound,
            new ServerConnectionMetrics(services.GetRequiredService<IMeterFactory>(), bound.LocalEndPoint),
            NullLogger.Instance);
        return _listeners[bound.LocalEndPoint] = listener;
    }

    public bool CanBind(EndPoint endpoint) => _listeners.ContainsKey(endpoint);

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(_listeners[endpoint]);

    public ValueTask DisposeAsync() => _engine.DisposeAsync();
}
