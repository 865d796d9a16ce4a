using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Names;
using Gateway.Tcp.Pipeline;
using Gateway.Tcp.Tls;
using Gateway.Testing;
using Gateway.Tests.Tcp.Dialing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>What a client has sent by the time its backend is there goes out with the header.</summary>
public sealed class PipelineFirstBytesTests
{
    [Fact]
    public async Task Run_ClientHasSpokenByTheEndOfTheDial_HeaderAndBytesAreOneSend()
    {
        var client = new ScriptedConnection(static _ => ConnectFailure.None) { First = "hello"u8.ToArray() };

        await RunAsync(client);

        Assert.Equal("PROXY TCP4 203.0.113.7 198.51.100.1 4000 6379\r\nhello", Encoding.ASCII.GetString(Assert.Single(client.Sent)));
    }

    [Fact]
    public async Task Run_ClientIsSilentAtTheEndOfTheDial_HeaderGoesAlone()
    {
        var client = new ScriptedConnection(static _ => ConnectFailure.None);

        await RunAsync(client);

        Assert.Equal("PROXY TCP4 203.0.113.7 198.51.100.1 4000 6379\r\n", Encoding.ASCII.GetString(Assert.Single(client.Sent)));
    }

    private static Task RunAsync(ScriptedConnection client)
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        var metrics = new TcpMetrics(meters);
        var dialer = new Dialer(
            new HostResolver(TimeProvider.System, static (_, _) => Task.FromResult<IPAddress[]>([])),
            metrics.Dials,
            Passive.Health(TimeProvider.System),
            TimeProvider.System);
        var pipeline = new ConnectionPipeline(
            dialer, metrics, new LiveConnections(), new ConnectionLimit(), new HandshakeLimit(TimeProvider.System), NullLoggerFactory.Instance, TimeProvider.System)
        {
            Model = TestPlane.Model(null, Policies.V1, "192.0.2.1:5432"),
        };
        // The scripted connection relays nothing: that is where the run ends.
        return pipeline.RunAsync(client, new ListenerState("in", null)).WaitAsync(Eventually.DefaultTimeout);
    }
}
