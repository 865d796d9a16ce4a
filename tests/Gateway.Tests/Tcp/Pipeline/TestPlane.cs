using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Gateway.Tcp;
using Gateway.Tcp.AccessLogs;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Pipeline;
using Gateway.Tcp.Routing;
using Gateway.Tcp.Telemetry;
using Gateway.Testing;
using Gateway.Testing.Network;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>
/// A data plane with one listener <c>in</c> on loopback, one route <c>r</c> and one cluster <c>c</c>, unless a test says otherwise.
/// </summary>
internal sealed class TestPlane : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FakeLoggerProvider _logs = new();
    private readonly ILoggerFactory _loggers;
    private readonly KestrelServer? _kestrel;
    private readonly BoundTcpListener _listener;

    private TestPlane(TcpModel model, TcpEngineKind engine, TcpAcceptKind accept, ConnectionLimit limit, IPEndPoint? address)
    {
        _loggers = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Debug).AddProvider(_logs));
        Admissions = new ListenerAdmissions(Time);
        AccessLog = new AccessLogState(Time);
        Plane = new TcpDataPlane(
            engine, accept, _loggers, Meters, TimeProvider.System, limit, admissions: Admissions, accessLog: AccessLog);
        _listener = Plane.Bind(
            "in",
            address ?? new IPEndPoint(IPAddress.Loopback, 0),
            new TcpListenOptions { Options = model.Listeners.GetValueOrDefault("in")?.Toa?.Carriers ?? OptionCarriers.None });
        if (Plane.AcceptsThroughKestrel)
        {
            var options = new KestrelServerOptions { ApplicationServices = _services };
            options.Listen(_listener.EndPoint, listen => listen.Run(Plane.ConnectionHandler.OnConnectedAsync));
            _kestrel = new KestrelServer(Options.Create(options), Plane.ConnectionListenerFactory, _loggers);
        }
    }

    public TcpDataPlane Plane { get; }

    /// <summary>The clock of the limits on rates; it stands still.</summary>
    public FakeTimeProvider Time { get; } = new();

    public ListenerAdmissions Admissions { get; }

    public AccessLogState AccessLog { get; }

    public IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    public IPEndPoint EndPoint => _listener.LocalEndPoint;

    public IReadOnlyList<FakeLogRecord> Logs => _logs.Collector.GetSnapshot();

    public static async Task<TestPlane> StartAsync(
        TcpModel model,
        TcpEngineKind engine = TcpEngineKind.Portable,
        TcpAcceptKind accept = TcpAcceptKind.Direct,
        int? limit = null,
        IPEndPoint? address = null,
        ConnectionLimit? room = null)
    {
        if (engine == TcpEngineKind.Linux && !OperatingSystem.IsLinux())
        {
            Assert.Skip("The Linux engine needs Linux.");
        }

        var plane = new TestPlane(model, engine, accept, room ?? new ConnectionLimit(limit), address);
        plane.Plane.Update(model);
        if (plane._kestrel is { } kestrel)
        {
            await kestrel.StartAsync(new NoApplication(), CancellationToken.None).WaitAsync(Eventually.DefaultTimeout);
        }
        else
        {
            plane._listener.Start();
        }

        return plane;
    }

    /// <summary>A model with one route to the given addresses.</summary>
    public static TcpModel Model(ProxyProtocolConfig? policy, SourceIpConfig sourceIp, params string[] addresses) =>
        Model(policy, null, sourceIp, addresses);

    /// <summary>The same with a Toa section.</summary>
    public static TcpModel Model(ProxyProtocolConfig? policy, ToaConfig? toa, SourceIpConfig sourceIp, params string[] addresses) =>
        Model(policy, sourceIp, Cluster(addresses), toa);

    /// <summary>A model with one route to a cluster.</summary>
    public static TcpModel Model(
        ProxyProtocolConfig? policy,
        SourceIpConfig sourceIp,
        TcpClusterConfig cluster,
        ToaConfig? toa = null,
        TcpModel? before = null,
        TcpRouteLimitsConfig? limits = null) => TcpModelBuilder.Build(
        new Dictionary<string, ProxyProtocolConfig?> { ["in"] = policy },
        new TcpProxyConfig
        {
            Routes = new Dictionary<string, TcpRouteConfig>
            {
                ["r"] = new() { Listener = "in", ClusterId = "c", SourceIp = sourceIp, Limits = limits },
            },
            Clusters = new Dictionary<string, TcpClusterConfig> { ["c"] = cluster },
        },
        new Dictionary<string, IReadOnlyList<string>>(),
        toa is null ? null : new Dictionary<string, ToaConfig> { ["in"] = toa },
        before: before);

    /// <summary>Puts access rules and limits of the listener in force.</summary>
    public void Admit(ListenerLimitsConfig? limits, AccessConfig? access = null) => Admissions.Update(
        new Dictionary<string, AdmissionRules?>
        {
            ["in"] = AdmissionRules.From(access, limits, new Dictionary<string, IReadOnlyList<string>>()),
        });

    public static TcpClusterConfig Cluster(params string[] addresses) => new()
    {
        ConnectTimeout = TimeSpan.FromSeconds(5),
        Destinations = addresses.Select((address, index) => (Name: $"d{index}", Config: new TcpDestinationConfig { Address = address }))
            .ToDictionary(static entry => entry.Name, static entry => entry.Config),
    };

    /// <summary>
    /// Not asynchronously: on loopback a blocking connect has ended before the plane can reset the connection, which some tests make it do
    /// at once.
    /// </summary>
    public Task<TcpPeer> ConnectAsync(string? from = null) => Task.Run(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (from is not null)
        {
            socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        }

        socket.Connect(EndPoint);
        return new TcpPeer(socket);
    }).WaitAsync(Eventually.DefaultTimeout);

    /// <summary>Connects, says something and waits for the end, which may come before the connect has returned.</summary>
    public async Task<ConnectionEnd> ConnectToTheEndAsync(string? from = null, string say = "")
    {
        try
        {
            using var client = await ConnectAsync(from);
            await client.SendAsync(say);
            return await client.WaitForEndAsync();
        }
        catch (SocketException)
        {
            return ConnectionEnd.Reset;
        }
    }

    /// <summary>The access-log line number <paramref name="index"/>, once it is there; Debug lines count too.</summary>
    public async Task<AccessLine> AccessAsync(int index = 0)
    {
        var records = await Eventually.GetAsync(
            () => Task.FromResult(Logs.Where(static log => log.Category == "Gateway.Access").ToList()),
            list => list.Count > index,
            "an access-log line");
        return new AccessLine(records[index].Message);
    }

    public LogLevel AccessLevel(int index = 0) => Logs.Where(static log => log.Category == "Gateway.Access").ElementAt(index).Level;

    public MetricCollector<long> Count(string instrument) => new(Meters, TcpMeter.Name, instrument);

    public MetricCollector<double> Durations(string instrument) => new(Meters, TcpMeter.Name, instrument);

    public ValueTask StopListenerAsync() => _listener.StopAsync();

    public async ValueTask DisposeAsync()
    {
        if (_kestrel is not null)
        {
            using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
            await _kestrel.StopAsync(now.Token).WaitAsync(Eventually.DefaultTimeout);
            _kestrel.Dispose();
        }

        AccessLog.Dispose();
        await _listener.StopAsync().AsTask().WaitAsync(Eventually.DefaultTimeout);
        await Plane.DrainAsync(TimeSpan.Zero).WaitAsync(Eventually.DefaultTimeout);
        await Plane.DisposeAsync().AsTask().WaitAsync(Eventually.DefaultTimeout);
        Assert.Equal(
            "",
            string.Join("\n", Logs.Where(static log => log.Level >= LogLevel.Error).Select(static log => $"{log.Message}\n{log.Exception}"))
        );
        _loggers.Dispose();
        await _services.DisposeAsync();
    }

    private sealed class NoApplication : IHttpApplication<object>
    {
        public object CreateContext(IFeatureCollection contextFeatures) => throw new NotSupportedException();

        public void DisposeContext(object context, Exception? exception) => throw new NotSupportedException();

        public Task ProcessRequestAsync(object context) => throw new NotSupportedException();
    }
}
