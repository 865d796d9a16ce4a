using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Gateway.Tcp.Engines;

namespace Gateway.Tests.Tcp.Engines;

public abstract partial class TcpEngineTests
{
    [Fact]
    public async Task Bind_PortInUse_Throws()
    {
        using var other = TestSockets.Listen();
        await using var engine = CreateEngine();

        var exception = Assert.Throws<SocketException>(() => engine.Bind((IPEndPoint)other.LocalEndPoint!, new TcpListenOptions()));
        Assert.Equal(SocketError.AddressAlreadyInUse, exception.SocketErrorCode);
    }

    [Fact]
    public async Task Bind_PortOfOurOwnListener_Throws()
    {
        await using var bench = Bench();

        var exception = Assert.Throws<SocketException>(() => bench.Engine.Bind(bench.Listener.LocalEndPoint, new TcpListenOptions()));
        Assert.Equal(SocketError.AddressAlreadyInUse, exception.SocketErrorCode);
    }

    [Fact]
    public async Task Bind_AddressThatIsNotOurs_Throws()
    {
        await using var engine = CreateEngine();

        var exception = Assert.Throws<SocketException>(() => engine.Bind(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0), new TcpListenOptions()));
        Assert.Equal(SocketError.AddressNotAvailable, exception.SocketErrorCode);
    }

    [Fact]
    public async Task Bind_AgainAfterStopWithConnectionsInTimeWait_Works()
    {
        await using var engine = CreateEngine();
        var endPoint = new IPEndPoint(IPAddress.Loopback, 0);
        for (var turn = 0; turn < 3; turn++)
        {
            var listener = engine.Bind(endPoint, new TcpListenOptions());
            endPoint = listener.LocalEndPoint;

            // We close first, so the TIME_WAIT is on our port.
            listener.Start(connection => _ = CloseAsync(connection));
            using (var client = TestSockets.New())
            {
                await client.ConnectAsync(endPoint).Within();
                Assert.Empty(await client.ReadToEndAsync());
            }

            await listener.StopAsync().Within();
        }

        static async Task CloseAsync(TcpConnection connection)
        {
            await connection.EnterAsync();
            connection.Close();
        }
    }

    [Fact]
    public async Task Stop_ConnectionsAlreadyInTheQueue_AreHandedOver()
    {
        const int Connections = 20;
        await using var engine = CreateEngine();
        var listener = engine.Bind(TestSockets.Refusing(), new TcpListenOptions());
        var clients = Enumerable.Range(0, Connections).Select(_ => TestSockets.New()).ToArray();
        foreach (var client in clients)
        {
            await client.ConnectAsync(listener.LocalEndPoint).Within();
        }

        var accepted = Channel.CreateUnbounded<TcpConnection>();
        listener.Start(connection => accepted.Writer.TryWrite(connection));
        await listener.StopAsync().Within();

        for (var index = 0; index < Connections; index++)
        {
            var connection = await accepted.Reader.ReadAsync().Within();
            _ = ResetAsync(connection);
        }

        using var late = TestSockets.New();
        var refused = await Assert.ThrowsAsync<SocketException>(() => late.ConnectAsync(listener.LocalEndPoint).Within());
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        Assert.All(clients, client => client.Dispose());

        static async Task ResetAsync(TcpConnection connection)
        {
            await connection.EnterAsync();
            connection.Reset();
        }
    }

    [Fact]
    public async Task Bind_SharedSocketsOfAListenerThatStops_AcceptsWhatWaitsAndWhatComes()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Sockets are shared on Linux only.");
        }

        const int Connections = 20;
        await using var engine = CreateEngine();
        var options = new TcpListenOptions { KeepAlive = new TcpKeepAlive(TimeSpan.FromSeconds(61), TimeSpan.FromSeconds(9), 4) };
        var first = engine.Bind(new IPEndPoint(IPAddress.Loopback, 0), options);
        var shared = first.Share();
        Assert.All(shared, socket => Assert.Equal(first.LocalEndPoint, socket.LocalEndPoint));
        var second = engine.Bind(first.LocalEndPoint, new TcpListenOptions { Inherited = shared });
        Assert.All(shared, socket => socket.Dispose());
        var accepted = Channel.CreateUnbounded<TcpConnection>();
        // Never started: it must not accept, and hand over, what waits.
        await first.StopAsync().Within();
        var clients = Enumerable.Range(0, Connections).Select(_ => TestSockets.New()).ToArray();
        await Task.WhenAll(clients.Take(Connections / 2).Select(client => client.ConnectAsync(second.LocalEndPoint))).Within();

        second.Start(connection => accepted.Writer.TryWrite(connection));
        await Task.WhenAll(clients.Skip(Connections / 2).Select(client => client.ConnectAsync(second.LocalEndPoint))).Within();

        for (var index = 0; index < Connections; index++)
        {
            var connection = await accepted.Reader.ReadAsync().Within();
            await connection.EnterAsync();
            connection.Reset();
        }

        await second.StopAsync().Within();
        using var late = TestSockets.New();
        _ = await Assert.ThrowsAsync<SocketException>(() => late.ConnectAsync(second.LocalEndPoint).Within());
        Assert.Empty(second.Share());
        Assert.All(clients, client => client.Dispose());
    }

    [Fact]
    public async Task Bind_SharedSocketsAgainAndAgain_EachListenerAccepts()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Sockets are shared on Linux only.");
        }

        await using var engine = CreateEngine();
        var listener = engine.Bind(new IPEndPoint(IPAddress.Loopback, 0), new TcpListenOptions());
        listener.Start(static connection => _ = ResetAsync(connection));
        for (var turn = 0; turn < 10; turn++)
        {
            var shared = listener.Share();
            var next = engine.Bind(listener.LocalEndPoint, new TcpListenOptions { Inherited = shared });
            var accepted = Channel.CreateUnbounded<TcpConnection>();
            next.Start(connection => accepted.Writer.TryWrite(connection));
            Assert.All(shared, socket => socket.Dispose());
            await listener.StopAsync().Within();

            using var client = TestSockets.New();
            await client.ConnectAsync(next.LocalEndPoint).Within();
            await ResetAsync(await accepted.Reader.ReadAsync().Within());
            listener = next;
        }

        await listener.StopAsync().Within();

        static async Task ResetAsync(TcpConnection connection)
        {
            await connection.EnterAsync();
            connection.Reset();
        }
    }

    [Fact]
    public async Task Bind_SharedSocketsAndDiscard_LeavesTheFirstListenerAsItWas()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Sockets are shared on Linux only.");
        }

        await using var bench = Bench();
        var shared = bench.Listener.Share();

        for (var turn = 0; turn < 10; turn++)
        {
            var second = bench.Engine.Bind(bench.Listener.LocalEndPoint, new TcpListenOptions { Inherited = shared });
            await second.StopAsync().Within();
        }

        Assert.All(shared, socket => socket.Dispose());
        var (client, backend) = await bench.ConnectPairAsync();
        await client.WriteAsync(Request);
        Assert.Equal(Request, await backend.ReadAsync(Request.Length));
    }

    [Fact]
    public async Task Stop_LiveConnections_GoOn()
    {
        await using var bench = Bench();
        var (client, backend) = await bench.ConnectPairAsync();

        await bench.Listener.StopAsync().Within();
        await bench.Listener.StopAsync().Within();
        await client.WriteAsync(Request);

        Assert.Equal(Request, await backend.ReadAsync(Request.Length));
    }

    [Fact]
    public async Task Bind_DualMode_IPv4ClientsAreSeenAsIPv4()
    {
        if (!Socket.OSSupportsIPv6)
        {
            Assert.Skip("IPv6 is off on this host.");
        }

        await using var engine = CreateEngine();
        await using var listener = engine.Bind(new IPEndPoint(IPAddress.IPv6Any, 0), new TcpListenOptions { DualMode = true });
        var seen = Channel.CreateUnbounded<(IPAddress, IPAddress)>();
        listener.Start(connection => seen.Writer.TryWrite((connection.RemoteEndPoint.Address, connection.LocalEndPoint.Address)));

        using var v4 = TestSockets.New();
        await v4.ConnectAsync(new IPEndPoint(IPAddress.Loopback, listener.LocalEndPoint.Port)).Within();
        Assert.Equal((IPAddress.Loopback, IPAddress.Loopback), await seen.Reader.ReadAsync().Within());

        using var v6 = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        await v6.ConnectAsync(new IPEndPoint(IPAddress.IPv6Loopback, listener.LocalEndPoint.Port)).Within();
        Assert.Equal((IPAddress.IPv6Loopback, IPAddress.IPv6Loopback), await seen.Reader.ReadAsync().Within());
    }
}
