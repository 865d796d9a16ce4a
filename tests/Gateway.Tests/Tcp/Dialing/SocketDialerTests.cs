using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Names;
using Gateway.Tcp.SourceIp;
using Gateway.Tcp.Telemetry;
using Gateway.Testing.Network;
using Gateway.Testing.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Dialing;

public sealed class SocketDialerTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly IPAddress ClientAddress = IPAddress.Parse("127.0.0.9");

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly List<IPAddress> _names = [];
    private readonly OwnListeners _own = new();

    public void Dispose() => _services.Dispose();

    [Fact]
    public async Task Transparent_AddressesOfBothFamilies_DialsTheClientsOwn()
    {
        await using var backend = RecordingTcpServer.Start();
        _names.AddRange([IPAddress.IPv6Loopback, IPAddress.Loopback]);

        using var socket = await ConnectAsync(backend.Port, new SourceIpConfig { Mode = SourceIpMode.Transparent });
        using var accepted = await backend.NextAsync();

        Assert.Equal(ClientAddress, accepted.Remote.Address);
        Assert.True(socket.Blocking);
    }

    [Theory]
    [InlineData(SourceIpFallback.None)]
    [InlineData(SourceIpFallback.ProxyProtocol)]
    [InlineData(SourceIpFallback.Reject)]
    public async Task Transparent_OtherFamilyOnly_DoesAsTheFallbackSays(SourceIpFallback fallback)
    {
        using var unusable = new MetricCollector<long>(
            _services.GetRequiredService<IMeterFactory>(),
            "Gateway.Tcp",
            "gateway.transparent.connect");
        await using var backend = RecordingTcpServer.Start(endPoint: new IPEndPoint(IPAddress.IPv6Loopback, 0));
        _names.Add(IPAddress.IPv6Loopback);

        var dial = ConnectAsync(backend.Port, new SourceIpConfig { Mode = SourceIpMode.Transparent, Fallback = fallback });
        if (fallback == SourceIpFallback.Reject)
        {
            var refused = await Assert.ThrowsAsync<ConnectException>(() => dial);
            Assert.Equal(CloseReason.SourceIpUnusable, refused.Failure);
            Assert.Equal("127.0.0.9 cannot be the source of a connection to backend.example", refused.Message);
        }
        else
        {
            using var socket = await dial;
            using var accepted = await backend.NextAsync();
            Assert.Equal(IPAddress.IPv6Loopback, accepted.Remote.Address);
            if (fallback == SourceIpFallback.ProxyProtocol)
            {
                var header = await WireHeader.ReadAsync(accepted);
                Assert.Equal("127.0.0.9:4711", header.Source!.ToString());
            }
        }

        Assert.Equal("source_unusable", Assert.Single(unusable.GetMeasurementSnapshot()).Tags["error.type"]);
    }

    [Fact]
    public async Task FirstAddress_Refuses_TheNextIsTried()
    {
        await using var backend = RecordingTcpServer.Start();
        _names.AddRange([IPAddress.Parse("127.0.0.200"), IPAddress.Loopback]);

        using var socket = await ConnectAsync(
            backend.Port,
            new SourceIpConfig { Mode = SourceIpMode.ProxyProtocol, Version = ProxyProtocolVersion.V1 });
        using var accepted = await backend.NextAsync();

        Assert.Equal("PROXY TCP4 127.0.0.9 192.0.2.1 4711 80", await accepted.ReadLineAsync());
    }

    [Fact]
    public async Task Transparent_ClientsFamilyAtTheEndOfALongAnswer_IsFound()
    {
        await using var backend = RecordingTcpServer.Start();
        _names.AddRange([.. Enumerable.Range(1, 5).Select(static index => IPAddress.Parse($"2001:db8::{index}")), IPAddress.Loopback]);

        using var socket = await ConnectAsync(backend.Port, new SourceIpConfig { Mode = SourceIpMode.Transparent });
        using var accepted = await backend.NextAsync();

        Assert.Equal(ClientAddress, accepted.Remote.Address);
    }

    [Fact]
    public async Task FirstAddress_DoesNotAnswer_TheNextIsTriedInTime()
    {
        await using var backend = RecordingTcpServer.Start();
        using var silent = new BlackHole(new IPEndPoint(IPAddress.Parse("127.0.0.200"), backend.Port));
        _names.AddRange([IPAddress.Parse("127.0.0.200"), IPAddress.Loopback]);
        var time = new AttemptClock();

        var dialing = ConnectAsync(
            backend.Port,
            new SourceIpConfig { Mode = SourceIpMode.ProxyProtocol, Version = ProxyProtocolVersion.V1 },
            time: time);
        await time.Limited.WaitAsync(Limit);
        time.Advance(TimeSpan.FromSeconds(5));
        using var socket = await dialing;
        using var accepted = await backend.NextAsync();

        Assert.Equal(IPAddress.Loopback, ((IPEndPoint)socket.RemoteEndPoint!).Address);
    }

    [Fact]
    public async Task NoAddress_AndNobodyListens_AreSocketErrors()
    {
        var sourceIp = new SourceIpConfig { Mode = SourceIpMode.ProxyProtocol };
        Assert.Equal(
            SocketError.HostNotFound,
            (await Assert.ThrowsAsync<ConnectException>(() => ConnectAsync(80, sourceIp))).SocketErrorCode);
        _names.Add(IPAddress.Loopback);
        // A refused connect from the client's address is the destination's, even where a fallback would be at hand.
        var transparent = new SourceIpConfig { Mode = SourceIpMode.Transparent, Fallback = SourceIpFallback.None };
        Assert.Equal(
            SocketError.ConnectionRefused,
            (await Assert.ThrowsAsync<ConnectException>(() => ConnectAsync(1, transparent))).SocketErrorCode);
    }

    [Fact]
    public async Task NobodyListens_TheMessageNamesAddressErrorAndAttempts()
    {
        _names.AddRange([IPAddress.Parse("127.0.0.200"), IPAddress.Parse("127.0.0.201")]);
        var failed = await Assert.ThrowsAsync<ConnectException>(() => ConnectAsync(1, new SourceIpConfig { Mode = SourceIpMode.None }));
        Assert.Equal("to:127.0.0.201:1,ConnectionRefused,attempts:2", failed.Message);
        Assert.NotEqual(CloseReason.Resources, failed.Failure);
        _names.Clear();
        Assert.EndsWith(
            "attempts:0",
            (
                await Assert.ThrowsAsync<ConnectException>(() =>
                    ConnectAsync(2, new SourceIpConfig { Mode = SourceIpMode.None }, name: "gone.example"))
            ).Message,
            StringComparison.Ordinal);
    }

    /// <summary>As on TCP routes: once per dial, and each further attempt is a retry.</summary>
    [Fact]
    public async Task SeveralAddresses_SourceUnusableAndRetries_AreCountedOncePerDial()
    {
        var meters = _services.GetRequiredService<IMeterFactory>();
        using var unusable = new MetricCollector<long>(meters, "Gateway.Tcp", "gateway.transparent.connect");
        using var retries = new MetricCollector<long>(meters, "Gateway.Tcp", "gateway.destination.connect.retries");
        _names.AddRange([
            IPAddress.Parse("2001:db8::1"),
            IPAddress.Parse("2001:db8::2"),
            IPAddress.Parse("127.0.0.200"),
            IPAddress.Parse("127.0.0.201"),
        ]);

        var sourceIp = new SourceIpConfig { Mode = SourceIpMode.Transparent };
        Assert.Equal(CloseReason.BackendConnectFailed, (await Assert.ThrowsAsync<ConnectException>(() => ConnectAsync(1, sourceIp))).Failure);

        Assert.Single(unusable.GetMeasurementSnapshot(), static one => one.Tags["error.type"] is "source_unusable");
        var retry = Assert.Single(retries.GetMeasurementSnapshot());
        Assert.Equal(("c", "backend.example:1"), (retry.Tags["cluster"], retry.Tags["destination"]));
    }

    [Fact]
    public async Task SeveralAddresses_EachConnectionStartsAtTheNext()
    {
        await using var first = RecordingTcpServer.Start(endPoint: new IPEndPoint(IPAddress.Parse("127.0.0.200"), 0));
        await using var second = RecordingTcpServer.Start(endPoint: new IPEndPoint(IPAddress.Parse("127.0.0.201"), first.Port));
        _names.AddRange([IPAddress.Parse("127.0.0.200"), IPAddress.Parse("127.0.0.201")]);
        var dialer = Dialer(TimeProvider.System);

        var reached = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            using var socket = await ConnectAsync(dialer, first.Port, new SourceIpConfig { Mode = SourceIpMode.None });
            reached.Add(((IPEndPoint)socket.RemoteEndPoint!).Address.ToString());
        }

        Assert.Equal(["127.0.0.200", "127.0.0.201", "127.0.0.200", "127.0.0.201"], reached);
    }

    [Theory]
    [InlineData(SourceIpMode.Transparent)]
    [InlineData(SourceIpMode.ProxyProtocol)]
    public async Task Ourselves_ComeFromOurOwnAddressAndSaySo(SourceIpMode mode)
    {
        await using var backend = RecordingTcpServer.Start();
        _names.Add(IPAddress.Loopback);

        using var socket = await ConnectAsync(backend.Port, new SourceIpConfig { Mode = mode }, isOwn: true);
        using var accepted = await backend.NextAsync();

        Assert.Equal(IPAddress.Loopback, accepted.Remote.Address);
        if (mode == SourceIpMode.ProxyProtocol)
        {
            var header = await WireHeader.ReadAsync(accepted);
            Assert.Equal((false, accepted.Remote, backend.EndPoint), (header.Local, header.Source, header.Destination));
        }
    }

    [Theory]
    [InlineData(SourceIpMode.ProxyProtocol)]
    [InlineData(SourceIpMode.None)]
    public async Task OwnListener_ByAName_IsRefused(SourceIpMode mode)
    {
        await using var backend = RecordingTcpServer.Start();
        using var entry = _own.Add("web", new IPEndPoint(IPAddress.Parse("127.0.0.1"), backend.Port), dualMode: false);
        _names.Add(IPAddress.Loopback);

        var refused = await Assert.ThrowsAsync<ConnectException>(() => ConnectAsync(backend.Port, new SourceIpConfig { Mode = mode }));
        Assert.Contains($"reason=self: 127.0.0.1:{backend.Port} is our own listener web", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelled_EndsWithoutAConnection()
    {
        _names.Add(IPAddress.Loopback);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            ConnectAsync(9, new SourceIpConfig { Mode = SourceIpMode.ProxyProtocol }, cancellation: cancelled.Token));
    }

    private SocketDialer Dialer(TimeProvider time) =>
        new(
            _services.GetRequiredService<IMeterFactory>(),
            time,
            _own,
            new HostResolver(TimeProvider.System, (_, _) => Task.FromResult(_names.ToArray())));

    private Task<Socket> ConnectAsync(
        int port,
        SourceIpConfig sourceIp,
        bool isOwn = false,
        TimeProvider? time = null,
        string name = "backend.example",
        CancellationToken cancellation = default
    ) => ConnectAsync(Dialer(time ?? TimeProvider.System), port, sourceIp, isOwn, name, cancellation);

    private static Task<Socket> ConnectAsync(
        SocketDialer dialer,
        int port,
        SourceIpConfig sourceIp,
        bool isOwn = false,
        string name = "backend.example",
        CancellationToken cancellation = default)
    {
        var client = new ConnectionIdentity
        {
            Client = new IPEndPoint(ClientAddress, 4711),
            Peer = new IPEndPoint(ClientAddress, 4711),
            Local = IPEndPoint.Parse("192.0.2.1:80"),
            Source = IdentitySource.Socket,
        };
        return dialer
            .ConnectAsync(
                new DnsEndPoint(name, port),
                new SocketDial("c", SourceIpModel.From(sourceIp), null),
                isOwn ? null : new Announcement(client),
                cancellation)
            .AsTask()
            .WaitAsync(Limit, CancellationToken.None);
    }

    /// <summary>Says when the first attempt has its limit.</summary>
    private sealed class AttemptClock : FakeTimeProvider
    {
        private readonly TaskCompletionSource _limited = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Limited => _limited.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _limited.TrySetResult();
            return timer;
        }
    }
}
