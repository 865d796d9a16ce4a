using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Configuration;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Wire;

namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>The end of a drain ends whatever a connection is waiting for.</summary>
public sealed class PipelineDrainTests
{
    private const int OptionMaxSegment = 2;

    [Theory]
    [InlineData(TcpEngineKind.Linux)]
    [InlineData(TcpEngineKind.Portable)]
    public async Task Drain_BackendThatDoesNotTakeItsHeader_IsEndedWithTheDrain(TcpEngineKind engine)
    {
        // Small segments and a small window, so that a header with large TLVs does not fit into the buffers of both ends. An address of its own: the kernel
        // remembers how much others took (ip-tcp_metrics(8)), and lets the next connection to them begin with larger buffers.
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 2048 };
        server.SetRawSocketOption((int)SocketOptionLevel.Tcp, OptionMaxSegment, BitConverter.GetBytes(536));
        server.Bind(new IPEndPoint(new IPAddress([127, (byte)Random.Shared.Next(1, 255), (byte)Random.Shared.Next(1, 255), 1]), 0));
        server.Listen();
        var cluster = TestPlane.Cluster(server.LocalEndPoint!.ToString()!) with { ConnectTimeout = TimeSpan.FromMinutes(5) };
        var sourceIp = Policies.V2 with { PassThroughTlvs = ["All"] };
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required with { MaxHeaderBytes = 65551 }, sourceIp, cluster), engine);
        using var begun = plane.Count("gateway.destination.connection.active");
        using var sent = plane.Count("gateway.proxy_protocol.sent");
        using var client = await plane.ConnectAsync();
        await client.SendAsync(WireHeader.V2("203.0.113.7:1", "198.51.100.1:2", (0xE9, new byte[65000])));
        await begun.WaitForMeasurementsAsync(1, Eventually.DefaultTimeout);

        await plane.Plane.DrainAsync(TimeSpan.FromMilliseconds(100)).WaitAsync(Eventually.DefaultTimeout);

        Assert.Equal(0, plane.Plane.ActiveConnections);
        Assert.Equal("drain", (await plane.AccessAsync()).Reason);
        Assert.Equal(ConnectionEnd.Reset, await client.WaitForEndAsync());
        Assert.Empty(sent.GetMeasurementSnapshot());
    }

    [Theory]
    [InlineData(TcpEngineKind.Linux)]
    [InlineData(TcpEngineKind.Portable)]
    public async Task Drain_WithJitter_EndsOneAfterAnotherAndAllAtTheDeadline(TcpEngineKind engine)
    {
        const int Connections = 40;
        await using var server = RecordingTcpServer.StartEcho();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(null, Policies.None, server.Address), engine);
        var clients = new List<TcpPeer>();
        for (var count = 0; count < Connections; count++)
        {
            clients.Add(await plane.ConnectAsync());
            await clients[^1].SendAsync("one\n");
            Assert.Equal("one", await clients[^1].ReadLineAsync());
        }

        using var deadline = new CancellationTokenSource();
        var drained = plane.Plane.DrainAsync(TimeSpan.FromMinutes(2), jitter: 1, deadline.Token);
        await Eventually.TrueAsync(() => plane.Plane.ActiveConnections < Connections, "the first is ended");
        Assert.InRange(plane.Plane.ActiveConnections, 1, Connections - 1);
        Assert.False(drained.IsCompleted);

        await deadline.CancelAsync();
        await drained.WaitAsync(Eventually.DefaultTimeout);

        Assert.Equal(0, plane.Plane.ActiveConnections);
        Assert.Equal("drain", (await plane.AccessAsync()).Reason);
        Assert.Equal("drain", (await plane.AccessAsync(Connections - 1)).Reason);
        clients.ForEach(static client => client.Dispose());
    }
}
