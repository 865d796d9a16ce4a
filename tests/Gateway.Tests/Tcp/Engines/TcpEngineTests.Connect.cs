using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Telemetry;
using Gateway.Testing.Network;

namespace Gateway.Tests.Tcp.Engines;

public abstract partial class TcpEngineTests
{
    [Fact]
    public async Task Connect_NobodyListens_IsTheDestinationsFault()
    {
        var result = await ConnectAsync(_ => new ConnectRequest { Destination = TestSockets.Refusing(), Timeout = TestSockets.Limit });

        Assert.Equal(new ConnectResult(null, ConnectFailure.Destination, SocketError.ConnectionRefused), result);
    }

    [Fact]
    public async Task Connect_ToItself_IsRefused()
    {
        // What the kernel does by chance when it picks the destination's port for the source: here it is asked to.
        var itself = TestSockets.Ephemeral();
        var result = await ConnectAsync(_ => new ConnectRequest { Destination = itself, TransparentSource = itself, Timeout = TestSockets.Limit });

        Assert.Equal(new ConnectResult(null, ConnectFailure.Destination, SocketError.ConnectionRefused), result);
        using var backend = TestSockets.New();
        backend.Bind(itself);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("::ffff:127.0.0.1")]
    public async Task Connect_ToAnOwnListener_IsRefusedAsSelf(string address)
    {
        IDisposable? entry = null;
        ConnectRequest Request(EngineBench bench)
        {
            entry ??= Own.Add("in", bench.BackendEndPoint, dualMode: false);
            return new ConnectRequest { Destination = new IPEndPoint(IPAddress.Parse(address).MapToIPv4(), bench.BackendEndPoint.Port), Timeout = TestSockets.Limit };
        }

        Assert.Equal(new ConnectResult(null, ConnectFailure.Self, SocketError.ConnectionRefused), await ConnectAsync(Request));
        entry!.Dispose();
        Assert.Equal(ConnectFailure.None, (await ConnectAsync(bench => Request(bench))).Failure);
    }

    [Fact]
    public async Task Connect_BoundToADevice_IsBound()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("SO_BINDTOIFINDEX is Linux's.");
        }

        const int Loopback = 1;
        var device = 0;
        await using var bench = Bench(
            async (bench, connection) =>
            {
                var result = await connection.ConnectAsync(new ConnectRequest { Destination = bench.BackendEndPoint, Device = Loopback, Timeout = TestSockets.Limit });
                device = result.Connection!.BoundDevice;
                return connection.BoundDevice;
            },
            out var served);
        _ = await bench.ConnectAsync();

        Assert.Equal(0, await served);
        Assert.Equal(Loopback, device);
    }

    [Fact]
    public async Task Connect_NoAnswer_TimesOut()
    {
        using var blackHole = new BlackHole();
        var started = Stopwatch.GetTimestamp();

        var result = await ConnectAsync(_ => new ConnectRequest { Destination = blackHole.EndPoint, Timeout = TimeSpan.FromMilliseconds(200) });

        Assert.Equal(new ConnectResult(null, ConnectFailure.Timeout, SocketError.TimedOut), result);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromMilliseconds(170), TestSockets.Limit);
    }

    [Fact]
    public async Task Connect_ClientAborted_EndsAtOnce()
    {
        using var blackHole = new BlackHole();
        await using var bench = Bench(
            async (_, connection) =>
            {
                await connection.WaitReadableAsync(TestSockets.Limit);
                var dialing = connection.ConnectAsync(new ConnectRequest { Destination = blackHole.EndPoint, Timeout = TestSockets.Limit });
                connection.Abort(CloseReason.Drain);
                return await dialing;
            },
            out var served);
        await (await bench.ConnectAsync()).WriteAsync(Request);

        Assert.Equal(new ConnectResult(null, ConnectFailure.Aborted, SocketError.OperationAborted), await served);
    }

    [Fact]
    public async Task Connect_SourceIsTheClients_BackendSeesIt()
    {
        var source = IPAddress.Parse("127.0.0.9");
        var result = await ConnectAsync(bench => new ConnectRequest
        {
            Destination = bench.BackendEndPoint,
            TransparentSource = new IPEndPoint(source, 0),
            Timeout = TestSockets.Limit,
        });

        Assert.Equal(ConnectFailure.None, result.Failure);
        Assert.Equal(source, result.Connection!.LocalEndPoint.Address);
        Assert.NotEqual(0, result.Connection.LocalEndPoint.Port);
    }

    [Fact]
    public async Task Connect_SourcePortIsTheClients_IsKept()
    {
        var source = new IPEndPoint(IPAddress.Parse("127.0.0.10"), TestSockets.Refusing().Port);
        var result = await ConnectAsync(bench => new ConnectRequest
        {
            Destination = bench.BackendEndPoint,
            TransparentSource = source,
            Timeout = TestSockets.Limit,
        });

        Assert.Equal(source, result.Connection?.LocalEndPoint);
    }

    [Fact]
    public async Task Connect_SourceIsTaken_IsABindFailureOfOurs()
    {
        using var taken = TestSockets.Listen();
        var result = await ConnectAsync(bench => new ConnectRequest
        {
            Destination = bench.BackendEndPoint,
            TransparentSource = (IPEndPoint)taken.LocalEndPoint!,
            Timeout = TestSockets.Limit,
        });

        Assert.Equal(new ConnectResult(null, ConnectFailure.Bind, SocketError.AddressAlreadyInUse), result);
    }

    [Fact]
    public async Task Connect_SourceOfAnotherFamily_IsABindFailureOfOurs()
    {
        var result = await ConnectAsync(bench => new ConnectRequest
        {
            Destination = bench.BackendEndPoint,
            TransparentSource = new IPEndPoint(IPAddress.Parse("2001:db8::1"), 0),
            Timeout = TestSockets.Limit,
        });

        Assert.Equal((null, ConnectFailure.Bind), (result.Connection, result.Failure));
    }

    [Fact]
    public async Task Connect_NoWayFromTheSource_IsABindFailureOfOurs()
    {
        var result = await ConnectAsync(_ => new ConnectRequest
        {
            Destination = IPEndPoint.Parse("192.0.2.1:1"),
            TransparentSource = new IPEndPoint(IPAddress.Parse("127.0.0.9"), 0),
            Timeout = TestSockets.Limit,
        });
        if (result.Error == SocketError.NetworkUnreachable)
        {
            Assert.Skip("This host has no route to anywhere: the destination's fault comes first.");
        }

        Assert.Equal(new ConnectResult(null, ConnectFailure.Bind, SocketError.InvalidArgument), result);
    }

    [Fact]
    public async Task Connect_ForeignSourceWithoutTheRight_IsAPermissionFailure()
    {
        if (TransparentProbe.IsPermitted())
        {
            Assert.Skip("This process has CAP_NET_RAW or CAP_NET_ADMIN.");
        }

        var result = await ConnectAsync(bench => new ConnectRequest
        {
            Destination = bench.BackendEndPoint,
            TransparentSource = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0),
            Timeout = TestSockets.Limit,
        });

        Assert.Equal((null, ConnectFailure.Permission), (result.Connection, result.Failure));
    }

    [Fact]
    public async Task Connect_SecondAttemptAfterAFailure_Succeeds()
    {
        await using var bench = Bench(
            async (bench, connection) =>
            {
                var first = await connection.ConnectAsync(new ConnectRequest { Destination = TestSockets.Refusing(), Timeout = TestSockets.Limit });
                var second = await connection.ConnectAsync(new ConnectRequest
                {
                    Destination = bench.BackendEndPoint,
                    Timeout = TestSockets.Limit,
                    KeepAlive = new TcpKeepAlive(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(10), 3),
                });
                return (first.Failure, second.Failure, second.Connection?.RemoteEndPoint.Port == bench.BackendEndPoint.Port);
            },
            out var served);
        _ = await bench.ConnectAsync();

        Assert.Equal((ConnectFailure.Destination, ConnectFailure.None, true), await served);
    }

    private async Task<ConnectResult> ConnectAsync(Func<EngineBench, ConnectRequest> request)
    {
        await using var bench = Bench(
            async (bench, connection) =>
            {
                var result = await connection.ConnectAsync(request(bench));
                _ = result.Connection?.LocalEndPoint;
                result.Connection?.Close();
                return result;
            },
            out var served);
        _ = await bench.ConnectAsync();
        return await served;
    }
}
