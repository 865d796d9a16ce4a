using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tests.Tcp.Engines;

public abstract partial class TcpEngineTests
{
    [Fact]
    public async Task OnAccepted_Throws_OnlyThatConnectionEnds()
    {
        var faults = new ConcurrentQueue<Exception>();
        await using var engine = CreateEngine(faults.Enqueue);
        var count = 0;
        await using var listener = engine.Bind(new IPEndPoint(IPAddress.Loopback, 0), new TcpListenOptions());
        listener.Start(connection =>
        {
            if (Interlocked.Increment(ref count) == 1)
            {
                throw new InvalidOperationException("a bug");
            }

            connection.Close();
        });

        using var first = TestSockets.New();
        var reset = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            // The RST can be there before the connect is reported.
            await first.ConnectAsync(listener.LocalEndPoint).Within();
            await first.ReadToEndAsync();
        });
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
        using var second = TestSockets.New();
        await second.ConnectAsync(listener.LocalEndPoint).Within();
        Assert.Equal(SocketError.Success, await second.ReadUntilErrorAsync());
        Assert.Equal("a bug", Assert.Single(faults).Message);
    }

    [Fact]
    public async Task Guard_Throws_OnlyThatRelayEnds()
    {
        var faults = new ConcurrentQueue<Exception>();
        await using var bench = EngineBench.Start(CreateEngine(faults.Enqueue));
        var (healthyClient, healthyBackend) = await bench.ConnectPairAsync();
        // Its relay has begun, without the guard.
        await healthyClient.WriteAsync(Request);
        await healthyBackend.ReadAsync(Request.Length);
        bench.Guard = new ThrowingGuard();
        var (client, _) = await bench.ConnectPairAsync();

        await client.WriteAsync(Request);

        Assert.Equal(SocketError.ConnectionReset, await client.ReadUntilErrorAsync());
        Assert.Equal(CloseReason.Error, (await bench.NextResultAsync()).End);
        await healthyClient.WriteAsync(Request);
        Assert.Equal(Request, await healthyBackend.ReadAsync(Request.Length));
        Assert.Equal("a bug", Assert.Single(faults).Message);
    }

    private sealed class ThrowingGuard : IFirstBytesGuard
    {
        public GuardVerdict Inspect(ReadOnlySpan<byte> bytes) => throw new InvalidOperationException("a bug");
    }
}
