using System.Diagnostics;
using System.Text;
using Gateway.Tcp.Configuration;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Wire;

namespace Gateway.Tests.Tcp;

public sealed class PipelineMetricsTests
{
    [Fact]
    public async Task Run_OneRelayedConnection_IsInEveryInstrumentOnce()
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required, Policies.V2, server.Address));
        using var opened = plane.Count("gateway.tcp.connection.opened");
        using var active = plane.Count("gateway.tcp.connection.active");
        using var closed = plane.Count("gateway.tcp.connection.closed");
        using var duration = plane.Durations("gateway.tcp.connection.duration");
        using var rejected = plane.Count("gateway.tcp.connection.rejected");
        using var received = plane.Count("gateway.tcp.received");
        using var sent = plane.Count("gateway.tcp.sent");
        using var destination = plane.Count("gateway.destination.connection.active");
        using var connect = plane.Durations("gateway.destination.connect.duration");
        using var headersIn = plane.Count("gateway.proxy_protocol.received");
        using var headersOut = plane.Count("gateway.proxy_protocol.sent");
        using var read = plane.Durations("gateway.proxy_protocol.read.duration");

        using (var client = await plane.ConnectAsync())
        {
            await client.SendAsync((byte[])[.. WireHeader.V2("203.0.113.7:1", "198.51.100.1:2"), .. "hello"u8]);
            using var backend = await server.NextAsync();
            await WireHeader.ReadAsync(backend);
            await backend.SendAsync("hi");
            Assert.Equal("hi", await client.ReadTextAsync(2));
            client.ShutdownSend();
            Assert.Equal("hello", Encoding.ASCII.GetString(await backend.ReadToEndAsync()));
        }

        await plane.AccessAsync();
        var labels = Assert.Single(opened.GetMeasurementSnapshot()).Tags;
        Assert.Equal(("in", "r", "ipv4"), (labels["listener"], labels["route"], labels["network.type"]));
        Assert.Equal([1, -1], active.GetMeasurementSnapshot().Select(static measurement => measurement.Value));
        Assert.Equal("client_fin", Assert.Single(closed.GetMeasurementSnapshot()).Tags["reason"]);
        Assert.InRange(Assert.Single(duration.GetMeasurementSnapshot()).Value, 0, 20);
        Assert.Empty(rejected.GetMeasurementSnapshot());
        Assert.Equal(5, Assert.Single(received.GetMeasurementSnapshot()).Value);
        Assert.Equal(2, Assert.Single(sent.GetMeasurementSnapshot()).Value);
        Assert.Equal([1, -1], destination.GetMeasurementSnapshot().Select(static measurement => measurement.Value));
        Assert.False(Assert.Single(connect.GetMeasurementSnapshot()).Tags.ContainsKey("error.type"));
        Assert.Equal("proxy", Assert.Single(headersIn.GetMeasurementSnapshot()).Tags["result"]);
        Assert.Equal("v2", Assert.Single(headersOut.GetMeasurementSnapshot()).Tags["version"]);
        Assert.Single(read.GetMeasurementSnapshot());
    }

    [Theory]
    [InlineData(TcpEngineKind.Portable)]
    [InlineData(TcpEngineKind.Linux)]
    public async Task Run_ManySilentPeers_CostLittleMemoryAndNoThreads(TcpEngineKind engine)
    {
        // 5,000 are the promise; each is two descriptors in this process, so a small limit asks for fewer.
        var peers = int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_TEST_SILENT_PEERS"), out var asked) ? asked : 1000;
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required with { HeaderTimeout = TimeSpan.FromMinutes(5) }, Policies.V2, server.Address), engine);
        var clients = new List<TcpPeer>();
        var threads = Process.GetCurrentProcess().Threads.Count;
        try
        {
            for (var index = 0; index < peers; index++)
            {
                clients.Add(await plane.ConnectAsync());
            }

            await Eventually.TrueAsync(() => plane.Plane.ActiveConnections == peers, "all are accepted");
            // With a byte of a header each, so that every one holds a buffer. What the clients cost in this process counts too.
            var before = GC.GetTotalMemory(forceFullCollection: true);
            foreach (var client in clients)
            {
                await client.SendAsync("P");
            }

            await Eventually.TrueAsync(() => plane.Plane.ActiveConnections == peers, "none was cut");
            var buffers = GC.GetTotalMemory(forceFullCollection: true) - before;
            Assert.InRange(buffers / peers, -10_000, 10_000);
            Assert.InRange(before / peers, 0, 100_000);
            Assert.InRange(Process.GetCurrentProcess().Threads.Count - threads, -100, 50);
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
    }
}
