using System.Diagnostics;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tls;

/// <summary>
/// Peers that never finish their ClientHello: they end in time, and nobody else notices. Ten thousand of them take a minute for each kind,
/// and run when they are asked for: <c>-explicit only -class '*SilentTlsPeersTests'</c>.
/// </summary>
[Collection(HeavyTests.Name)]
public sealed class SilentTlsPeersTests
{
    private const int OfEach = 250;
    private const int Many = 10_000;
    private const string Name = "db.example";
    private static readonly TimeSpan Most = TimeSpan.FromMinutes(1);

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Peers_SilentOrWithinTheHello_EndByHandshakeTimeoutAndLeaveNothing(string engine)
    {
        await using var setting = new Setting();
        await using var gateway = await setting.StartAsync(engine, "6s");
        var (sockets, memory) = (gateway.Process.Sockets(), gateway.Process.ResidentBytes());
        var hello = await RecordHelloAsync();

        // Every second one says nothing, the others stop behind every byte in turn.
        var peers = await ConnectAsync(setting.Port, 2 * OfEach, i => hello.AsMemory(0, i % 2 == 0 ? 0 : 1 + (i / 2 % (hello.Length - 1))));
        await Eventually.TrueAsync(() => gateway.Process.Sockets() >= sockets + (2 * OfEach), "all accepted");
        var grown = (gateway.Process.ResidentBytes() - memory) / (1024.0 * 1024);
        await ServeAsync(setting.Port);
        // 500 records, and a buffer of 2 KB for each of those that have said something.
        Assert.InRange(grown, -20, 50);

        await Task.WhenAll(peers.Select(static peer => peer.WaitForEndAsync()));
        await gateway.WaitForMetricAsync(
            "gateway_tcp_connection_rejected_total",
            static v => v == 2 * OfEach,
            ("listener", "db"),
            ("reason", "tls"));
        peers.ForEach(static peer => peer.Dispose());
        await NothingIsLeftAsync(gateway, sockets);
    }

    [Fact]
    public async Task Peers_BehindTheHello_GiveWayToWhoeverGoesOnAndLeaveNothing()
    {
        await using var setting = new Setting();
        await using var gateway = await setting.StartAsync(Engines.Linux, "8s", atOnce: 150);
        var (sockets, memory) = (gateway.Process.Sockets(), gateway.Process.ResidentBytes());
        var hello = await RecordHelloAsync();

        var peers = await ConnectAsync(setting.Port, OfEach, _ => hello);
        // 150 handshakes go on at once, and give way after two seconds if others wait.
        await ServeAsync(setting.Port);
        var grown = (gateway.Process.ResidentBytes() - memory) / (1024.0 * 1024);
        Assert.InRange(grown, -20, 100);

        await Task.WhenAll(peers.Select(static peer => peer.WaitForEndAsync()));
        await gateway.WaitForMetricAsync(
            "gateway_tls_handshakes_total",
            static v => v == OfEach,
            ("listener", "db"),
            ("result", "timeout"));
        peers.ForEach(static peer => peer.Dispose());
        await NothingIsLeftAsync(gateway, sockets);
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Peers_WithinTheHello_GiveWayWhereEveryPlaceIsTaken(string engine)
    {
        await using var setting = new Setting();
        await using var gateway = await setting.StartAsync(engine, "1m", maxConnections: 4);
        var hello = await RecordHelloAsync();
        using var speaks = await EchoingTlsClient.ConnectAsync(setting.Port, Name);
        Assert.Equal("hello", await speaks.EchoAsync("hello"));

        var peers = await ConnectAsync(setting.Port, 3, i => hello.AsMemory(0, (i + 1) * hello.Length / 4));
        await gateway.WaitForMetricAsync("gateway_connection_count", static v => v == 4);
        await ServeInTheEndAsync(setting.Port, Eventually.DefaultTimeout);

        await gateway.WaitForMetricAsync(
            "gateway_tcp_connection_rejected_total", static v => v >= 1, ("listener", "db"), ("reason", "limit"));
        Assert.Equal("still", await speaks.EchoAsync("still"));
        peers.ForEach(static peer => peer.Dispose());
    }

    // With the default limits: where the process has too few descriptors for all, those above Limits:MaxConnections are refused, and those
    // that have not finished their hello give way. What the first flood leaves in the heaps of .NET and of malloc, the second finds there.
    [Theory(Explicit = true)]
    [InlineData("nothing", 0)]
    [InlineData("half of the hello", 0.5)]
    [InlineData("the hello", 1)]
    public async Task Peers_TenThousandTwice_EndInTimeAndLeaveNothing(string says, double part)
    {
        await using var setting = new Setting();
        await using var gateway = await setting.StartAsync(Engines.Linux, "30s");
        var hello = await RecordHelloAsync();
        var said = hello.AsMemory(0, (int)(hello.Length * part));

        await FloodAsync(gateway, setting.Port, says, said);
        var memory = gateway.Process.ResidentBytes();
        await FloodAsync(gateway, setting.Port, says, said);

        Assert.InRange((gateway.Process.ResidentBytes() - memory) >> 20, -1000, 60);
    }

    private static async Task FloodAsync(GatewayProcess gateway, int port, string says, ReadOnlyMemory<byte> said)
    {
        var (sockets, memory) = (gateway.Process.Sockets(), gateway.Process.ResidentBytes());
        var (tls, limit) = await RejectedAsync(gateway);
        var most = Math.Min(Many, (await gateway.MetricsAsync()).Sum("gateway_connection_limit"));
        var began = Stopwatch.GetTimestamp();

        var peers = await ConnectManyAsync(port, said);
        await gateway.WaitForMetricAsync("gateway_connection_count", v => v >= most);
        var (held, grown, connected) =
            (gateway.Process.Sockets() - sockets, gateway.Process.ResidentBytes() - memory, Stopwatch.GetElapsedTime(began));
        await ServeInTheEndAsync(port, Most);
        var served = Stopwatch.GetElapsedTime(began) - connected;

        await Task.WhenAll(peers.Select(static peer => peer.WaitForEndAsync()));
        var ended = Stopwatch.GetElapsedTime(began);
        peers.ForEach(static peer => peer.Dispose());
        await NothingIsLeftAsync(gateway, sockets);
        var (nowTls, nowLimit) = await RejectedAsync(gateway);
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Many} peers that say {says}: {held} held after {connected.TotalSeconds:F1} s, {grown / held} bytes each; another client "
                + $"served within {served.TotalSeconds:F1} s; all ended after {ended.TotalSeconds:F1} s; memory {memory >> 20} MiB before, "
                + $"{gateway.Process.ResidentBytes() >> 20} MiB after, {gateway.Process.Threads()} threads"));
        Assert.InRange(held, Many / 2, Many + 1);
        // A record, a buffer, and behind a hello at most 1,000 handshakes of some 50 KB.
        Assert.InRange(grown >> 20, -100, 250);
        Assert.InRange(ended, TimeSpan.Zero, TimeSpan.FromSeconds(30) + connected + TimeSpan.FromSeconds(10));
        // Each has ended for one of the two reasons that bound it; the innocent client may have been refused, too, until it had a place.
        Assert.InRange(nowTls - tls, held - 100, Many);
        Assert.InRange(nowTls - tls + nowLimit - limit, Many, double.MaxValue);
    }

    private static async Task<(double Tls, double Limit)> RejectedAsync(GatewayProcess gateway)
    {
        var metrics = await gateway.MetricsAsync();
        double Rejected(string reason) =>
            metrics.Sum("gateway_tcp_connection_rejected_total", ("listener", "db"), ("reason", reason));
        return (Rejected("tls"), Rejected("limit"));
    }

    private static async Task<List<TcpPeer>> ConnectManyAsync(int port, ReadOnlyMemory<byte> says)
    {
        var peers = new List<TcpPeer>();
        for (var i = 0; i < Many; i++)
        {
            try
            {
                var peer = await TcpPeer.ConnectAsync(port, $"127.0.{1 + (i / 250)}.{1 + (i % 250)}");
                peer.Timeout = Most;
                peers.Add(peer);
                await peer.SendAsync(says);
            }
            catch (SocketException refused) when (refused.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
            {
                // Above the limit, at once.
            }
        }

        return peers;
    }

    /// <summary>Has an innocent client served: as soon as there is a place for it.</summary>
    private static Task ServeInTheEndAsync(int port, TimeSpan within) => Eventually.TrueAsync(
        async () => await Record.ExceptionAsync(() => ServeAsync(port)) switch
        {
            null => true,
            IOException or SocketException => false,
            var other => throw other,
        },
        "an innocent client is served",
        within);

    private static async Task<List<TcpPeer>> ConnectAsync(int port, int count, Func<int, ReadOnlyMemory<byte>> says)
    {
        var peers = new List<TcpPeer>();
        for (var i = 0; i < count; i++)
        {
            peers.Add(await TcpPeer.ConnectAsync(port, $"127.0.{1 + (i / 250)}.{1 + (i % 250)}"));
            await peers[i].SendAsync(says(i));
        }

        return peers;
    }

    /// <summary>Has an innocent client served.</summary>
    private static async Task ServeAsync(int port)
    {
        using var client = await EchoingTlsClient.ConnectAsync(port, Name, Most);
        Assert.Equal("hello", await client.EchoAsync("hello"));
    }

    private static async Task NothingIsLeftAsync(GatewayProcess gateway, int sockets)
    {
        await gateway.WaitForMetricAsync("gateway_tcp_connection_active", static v => v == 0);
        await Eventually.TrueAsync(() => gateway.Process.Sockets() <= sockets + 2, "all descriptors are back");
    }

    private static async Task<byte[]> RecordHelloAsync()
    {
        await using var server = RecordingTcpServer.Start();
        using var client = await TcpPeer.ConnectAsync(server.Port);
        await using var tls = new SslStream(new NetworkStream(client.Socket));
        var shaking = tls.AuthenticateAsClientAsync(Name);
        using var accepted = await server.NextAsync();
        var buffer = new byte[4096];
        var length = await accepted.ReadAsync(buffer);
        accepted.Dispose();
        await Assert.ThrowsAnyAsync<Exception>(() => shaking);
        return buffer[..length];
    }

    private sealed class Setting : IAsyncDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly TestAuthority _authority = new("own");
        private readonly RecordingTcpServer _echo = RecordingTcpServer.StartEcho();

        public int Port { get; } = FreePorts.Next();

        /// <summary>Starts the gateway, which has served one client then.</summary>
        public async Task<GatewayProcess> StartAsync(string engine, string handshakeTimeout, int atOnce = 1000, int? maxConnections = null)
        {
            var pair = PemPair.Write(_folder, "db", _authority.Issue("db", Name));
            var gateway = await GatewayProcess.StartAsync(new ConfigFile().Set("TcpProxy:Engine", engine)
                .AddTls("db", $"127.0.0.1:{Port}", _echo.Address, TlsConfigs.Silent, pair)
                .Set("Listeners:db:Tls:HandshakeTimeout", handshakeTimeout)
                .Set("Limits:MaxHandshakes", atOnce)
                .Set("Limits:MaxConnections", maxConnections)
                .Set("Logging:LogLevel", new Dictionary<string, string> { ["Gateway.Access"] = "Warning" }));
            await ServeAsync(Port);
            await gateway.WaitForMetricAsync("gateway_tcp_connection_active", static v => v == 0);
            return gateway;
        }

        public async ValueTask DisposeAsync()
        {
            await _echo.DisposeAsync();
            _authority.Dispose();
            _folder.Dispose();
        }
    }
}
