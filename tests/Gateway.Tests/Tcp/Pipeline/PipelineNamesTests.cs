using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Names;
using Gateway.Tcp.Pipeline;
using Gateway.Tcp.Telemetry;
using Gateway.Tcp.Tls;
using Gateway.Testing;
using Gateway.Tests.Tcp.Dialing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>Connections that end while a name is resolved, or whose dial fails: they are accounted as any other, when it happens.</summary>
public sealed class PipelineNamesTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FakeLoggerProvider _logs = new();
    private readonly ILoggerFactory _loggers;
    private readonly FakeTimeProvider _time = new();
    private readonly LiveConnections _live = new();
    private readonly TaskCompletionSource<IPAddress[]> _answer = new();
    private readonly ConnectionPipeline _pipeline;

    public PipelineNamesTests()
    {
        _loggers = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Debug).AddProvider(_logs));
        var metrics = new TcpMetrics(Meters);
        var dialer = new Dialer(new HostResolver(_time, (_, _) => _answer.Task), metrics.Dials, Passive.Health(_time), _time);
        _pipeline = new ConnectionPipeline(dialer, metrics, _live, new ConnectionLimit(), new HandshakeLimit(_time), _loggers, _time)
        {
            Model = TestPlane.Model(null, Policies.None, "db:5432"),
        };
    }

    private IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    public void Dispose()
    {
        _loggers.Dispose();
        _services.Dispose();
    }

    [Theory]
    [InlineData(0, "health_check", LogLevel.Debug)]
    [InlineData(2, "client_reset", LogLevel.Information)]
    public async Task Run_ClientResetsWhileANameIsAsked_EndsThen(int seconds, string reason, LogLevel level)
    {
        using var opened = new MetricCollector<long>(Meters, TcpMeter.Name, "gateway.tcp.connection.opened");
        using var closed = new MetricCollector<long>(Meters, TcpMeter.Name, "gateway.tcp.connection.closed");
        var client = new ScriptedConnection(static _ => ConnectFailure.None);
        var running = Run(client);
        _time.Advance(TimeSpan.FromSeconds(seconds));
        Assert.False(running.IsCompleted);

        client.Ended.SetResult();

        await running.WaitAsync(Eventually.DefaultTimeout);
        Assert.Equal((reason, level), (Line.Reason, _logs.Collector.LatestRecord.Level));
        Assert.Equal((1, 1, 0), (opened.GetMeasurementSnapshot().Count, closed.GetMeasurementSnapshot().Count, _live.Count));
    }

    [Fact]
    public async Task Drain_WhileANameIsAsked_EndsTheConnectionWithALine()
    {
        var running = Run(new ScriptedConnection(static _ => ConnectFailure.None));
        var drained = _live.StartDraining();

        _live.AbortAll();

        await running.WaitAsync(Eventually.DefaultTimeout);
        await drained.WaitAsync(Eventually.DefaultTimeout);
        Assert.Equal("drain", Line.Reason);
    }

    [Fact]
    public async Task Run_NobodyTakesTheConnection_DetailSaysWhatWasTried()
    {
        _answer.SetResult([IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2")]);

        await Run(new ScriptedConnection(static _ => ConnectFailure.Destination) { Error = SocketError.ConnectionRefused }).WaitAsync(Eventually.DefaultTimeout);

        Assert.Equal(("backend_connect_failed", "d0", "to:192.0.2.2:5432,ConnectionRefused,attempts:2;failed:d0,192.0.2.1:5432,ConnectionRefused"), (Line.Reason, Line["destination"], Line["detail"]));
    }

    private AccessLine Line => new(_logs.Collector.GetSnapshot().Last(static record => record.Category == "Gateway.Access").Message);

    private Task Run(ScriptedConnection client) => _pipeline.RunAsync(client, new ListenerState("in", null));
}
