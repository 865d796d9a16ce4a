using System.Diagnostics;
using System.Text;
using Gateway.Tcp.Configuration;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Wire;

namespace Gateway.Tests.Tcp.Pipeline;

public sealed class PipelineMetricsTests
{
    [Theory]
    [InlineData(TcpEngineKind.Linux)]
    [InlineData(TcpEngineKind.Portable)]
    public async Task CountCarried_LiveConnection_CountsEachByteOnce(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required, Policies.V2, server.Address), engine);
        using var received = plane.Count("gateway.tcp.received");
        using var sent = plane.Count("gateway.tcp.sent");
        using (var client = await plane.ConnectAsync())
        {
            await client.SendAsync((byte[])[.. WireHeader.V2("203.0.113.7:1", "198.51.100.1:2"), .. "with the header"u8]);
            using var backend = await server.NextAsync();
            await WireHeader.ReadAsync(backend);
            Assert.Equal("with the header", await backend.ReadTextAsync(15));
            await client.SendAsync("hello");
            Assert.Equal("hello", await backend.ReadTextAsync(5));
            await backend.SendAsync("hi");
            Assert.Equal("hi", await client.ReadTextAsync(2));

            // The peers have their bytes a moment before the relay has counted them.
            await Eventually.TrueAsync(
                () =>
                {
                    plane.Plane.CountCarried();
                    return received.GetMeasurementSnapshot().Sum(static measurement => measurement.Value) == 5 && sent.GetMeasurementSnapshot().Sum(static measurement => measurement.Value) == 2;
                },
                "what the relay carried is counted while the connection lives");
            plane.Plane.CountCarried();
            Assert.Single(sent.GetMeasurementSnapshot());
        }

        await plane.AccessAsync();
        Assert.Equal(15 + 5, received.GetMeasurementSnapshot().Sum(static measurement => measurement.Value));
        Assert.Equal(2, sent.GetMeasurementSnapshot().Sum(static measurement => measurement.Value));
    }

    [Theory]
    [InlineData(TcpEngineKind.Linux)]
    [InlineData(TcpEngineKind.Portable)]
    public async Task FirstByte_OfALiveConnection_IsRecordedOnceFromTheFirstPayload(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, server.Address), engine);
        using var durations = plane.Durations("gateway.destination.first_byte.duration");
        using (var client = await plane.ConnectAsync())
        {
            using var backend = await server.NextAsync();
            var connected = Stopwatch.StartNew();
            // The client thinks for longer than the backend does.
            await Tempo.PauseAsync(TimeSpan.FromMilliseconds(300));
            var asked = connected.Elapsed;
            await client.SendAsync("hello");
            Assert.Equal("hello", await backend.ReadTextAsync(5));
            plane.Plane.CountCarried();
            Assert.Empty(durations.GetMeasurementSnapshot());
            await backend.SendAsync("hi");
            Assert.Equal("hi", await client.ReadTextAsync(2));
            await Eventually.TrueAsync(
                () =>
                {
                    plane.Plane.CountCarried();
                    return durations.GetMeasurementSnapshot().Count == 1;
                },
                "the first byte is recorded while the connection lives");
            Assert.InRange(durations.LastMeasurement!.Value, 0, (connected.Elapsed - asked).TotalSeconds + 0.25);
            await backend.SendAsync("more");
            await client.ReadTextAsync(4);
        }

        await plane.AccessAsync();
        var only = Assert.Single(durations.GetMeasurementSnapshot());
        Assert.Equal(("c", "d0"), (only.Tags["cluster"], only.Tags["destination"]));
    }

    [Fact]
    public async Task Failures_OfADeadDestination_AreCountedFromZero()
    {
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, $"127.0.0.1:{FreePorts.Next()}"));
        using var failures = plane.Count("gateway.destination.connect.failures");
        plane.Plane.Update(TestPlane.Model(null, Policies.None, $"127.0.0.1:{FreePorts.Next()}"));
        Assert.Equal(0, Assert.Single(failures.GetMeasurementSnapshot()).Value);

        await plane.ConnectToTheEndAsync(say: "x");

        await plane.AccessAsync();
        Assert.Equal(1, failures.LastMeasurement!.Value);
        Assert.Equal("d0", failures.LastMeasurement.Tags["destination"]);
    }

    public static TheoryData<TcpEngineKind, string, bool, string, string> Headers
    {
        get
        {
            // PROXY over UNSPEC, UNIX and UDP over IPv4: true headers that name no client.
            var signature = WireHeader.V2Local().AsSpan(0, 12).ToArray();
            byte[] unspecified = [.. signature, 0x21, 0, 0, 0];
            byte[] unix = [.. signature, 0x21, 0x31, 0, 216, .. new byte[216]];
            byte[] datagram = [.. signature, 0x21, 0x12, 0, 12, .. new byte[12]];
            var data = new TheoryData<TcpEngineKind, string, bool, string, string>();
            foreach (var engine in new[] { TcpEngineKind.Linux, TcpEngineKind.Portable })
            {
                foreach (var byReset in new[] { false, true })
                {
                    Add(WireHeader.V2Local(), byReset, "v2", "local");
                    Add("PROXY UNKNOWN\r\n"u8.ToArray(), byReset, "v1", "unknown");
                    Add(unspecified, byReset, "v2", "unknown");
                    Add(WireHeader.V2("203.0.113.7:1", "198.51.100.1:2")[..20], byReset, "v2", "error");
                    Add("PROXY TCP4 203"u8.ToArray(), byReset, "v1", "error");
                }

                Add(unix, false, "v2", "unknown");
                Add(datagram, false, "v2", "unknown");
                Add(WireHeader.V2("203.0.113.7:1", "198.51.100.1:2", (3, [1, 2, 3, 4])), false, "v2", "error");

                void Add(byte[] header, bool byReset, string version, string result) => data.Add(engine, Convert.ToHexString(header), byReset, version, result);
            }

            return data;
        }
    }

    /// <summary>A header counts once, with its version, whatever becomes of its connection.</summary>
    [Theory]
    [MemberData(nameof(Headers))]
    public async Task Run_HeaderAndTheEnd_CountsTheHeader(TcpEngineKind engine, string header, bool byReset, string version, string result)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required with { OptionalWait = Policies.Long }, Policies.None, server.Address), engine);
        using var headers = plane.Count("gateway.proxy_protocol.received");
        using var read = plane.Durations("gateway.proxy_protocol.read.duration");
        var client = await plane.ConnectAsync();
        await client.SendAsync(Convert.FromHexString(header));
        if (byReset)
        {
            client.Reset();
        }
        else
        {
            client.Dispose();
        }

        await plane.AccessAsync();
        var counted = Assert.Single(headers.GetMeasurementSnapshot());
        Assert.Equal((version, result), (counted.Tags["version"], counted.Tags["result"]));
        Assert.Equal(result == "error" ? 0 : 1, read.GetMeasurementSnapshot().Count);
    }

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
}
