using System.Diagnostics;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tls;

/// <summary>
/// Handshakes in every way that they end: nothing of them stays. A hundred thousand of them take some minutes, and run when they are asked
/// for: <c>-explicit only -class '*HandshakeLeakTests'</c>.
/// </summary>
[Collection(HeavyTests.Name)]
public sealed class HandshakeLeakTests : IAsyncDisposable
{
    private const string Name = "db.example";
    private const int AtOnce = 32;

    private readonly TemporaryFolder _folder = new();
    private readonly TestAuthority _authority = new("own");
    private readonly RecordingTcpServer _echo = RecordingTcpServer.StartEcho();
    private readonly int _port = FreePorts.Next();
    private readonly byte[] _half = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03];

    public async ValueTask DisposeAsync()
    {
        await _echo.DisposeAsync();
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public Task Handshakes_OfEachWay_EndAsTheirWayAndLeaveNoDescriptor() => RunAsync(warmUp: 160, count: 1600, bytesEach: 40_000);

    // The least that could leak of a handshake in OpenSSL is its SSL object, of some 6 KB.
    [Fact(Explicit = true)]
    public Task Handshakes_AHundredThousand_LeaveNothing() => RunAsync(warmUp: 16_000, count: 100_000, bytesEach: 400);

    private async Task RunAsync(int warmUp, int count, int bytesEach)
    {
        var pair = PemPair.Write(_folder, "db", _authority.Issue("db", Name));
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile()
            .AddTls("db", $"127.0.0.1:{_port}", _echo.Address, TlsConfigs.Silent, pair)
            .Set("Logging:LogLevel", new Dictionary<string, string> { ["Gateway.Access"] = "Warning" }));
        await ShakeAsync(warmUp);
        await NothingIsOpenAsync(gateway);
        var (sockets, descriptors, threads) = (gateway.Process.Sockets(), gateway.Process.Descriptors(), gateway.Process.Threads());
        var memory = gateway.Process.ResidentBytes();
        var began = Stopwatch.GetTimestamp();

        await ShakeAsync(count);

        var took = Stopwatch.GetElapsedTime(began);
        await NothingIsOpenAsync(gateway);
        await CheckResultsAsync(gateway, warmUp + count);
        await Eventually.TrueAsync(() => gateway.Process.Sockets() <= sockets + 2, "all sockets are back");
        var grown = gateway.Process.ResidentBytes() - memory;
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{count} handshakes in {took.TotalSeconds:F0} s: sockets {sockets} → {gateway.Process.Sockets()}, "
                + $"descriptors {descriptors} → {gateway.Process.Descriptors()}, threads {threads} → {gateway.Process.Threads()}, "
                + $"memory {memory >> 10} KiB → {(memory + grown) >> 10} KiB ({grown / count} bytes for each handshake)"));
        Assert.InRange(gateway.Process.Descriptors(), 1, descriptors + 20);
        Assert.InRange(gateway.Process.Threads(), 1, threads + 10);
        Assert.InRange(grown / count, int.MinValue, bytesEach);
    }

    private static Task NothingIsOpenAsync(GatewayProcess gateway) =>
        gateway.WaitForMetricAsync("gateway_tcp_connection_active", static v => v == 0);

    private async Task CheckResultsAsync(GatewayProcess gateway, int all)
    {
        // Clients that leave do not wait for the gateway's account.
        var metrics = await Eventually.GetAsync(
            gateway.MetricsAsync,
            metrics => metrics.Sum("gateway_tls_handshakes_total", ("listener", "db")) >= all / 8 * 7
                && metrics.Sum("gateway_tcp_connection_rejected_total", ("listener", "db"), ("reason", "tls")) >= all / 8 * 2,
            "an account of each handshake");
        double Results(params string[] results) =>
            results.Sum(result => metrics.Sum("gateway_tls_handshakes_total", ("listener", "db"), ("result", result)));

        // Of eight: five shake hands, of which three may resume; two end within the handshake, and one within the hello.
        Assert.Equal(all / 8 * 5, Results("full", "resumed"));
        Assert.InRange(Results("resumed"), all / 8, all / 8 * 3);
        Assert.Equal(all / 8, Results("failed"));
        Assert.Equal(all / 8, Results("closed"));
        Assert.Equal(all / 8, metrics.Sum("gateway_tcp_connection_rejected_total", ("listener", "db"), ("reason", "tls")) - Results("failed"));
    }

    private async Task ShakeAsync(int count) => await Parallel.ForEachAsync(
        Enumerable.Range(0, count),
        new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
        async (i, _) => await ShakeAsync((Way)(i % 8)));

    private async Task ShakeAsync(Way way)
    {
        using var peer = await TcpPeer.ConnectAsync(_port);
        switch (way)
        {
            case Way.CutWithinTheHello:
                await peer.SendAsync(_half);
                peer.ShutdownSend();
                await peer.WaitForEndAsync();
                return;
            case Way.GarbageAfterTheHello:
                await AuthenticateAsync(new Spoiled(peer.Socket), way);
                return;
            case Way.LeavesAfterTheHello:
                await AuthenticateAsync(new Leaving(peer), way);
                return;
            default:
                await EchoAsync(peer, way);
                return;
        }
    }

    private static async Task AuthenticateAsync(Stream inner, Way way)
    {
        await using var stream = new SslStream(inner, false, static (_, certificate, _, _) => certificate is not null);
        var failed = await Record.ExceptionAsync(() => stream.AuthenticateAsClientAsync(Options(way)).WaitAsync(Eventually.DefaultTimeout));
        Assert.True(failed is IOException or AuthenticationException or ObjectDisposedException, failed?.ToString() ?? "it succeeded");
    }

    private static async Task EchoAsync(TcpPeer peer, Way way)
    {
        await using var stream = new SslStream(
            new NetworkStream(peer.Socket), false, static (_, certificate, _, _) => certificate is not null);
        await stream.AuthenticateAsClientAsync(Options(way)).WaitAsync(Eventually.DefaultTimeout);
        await stream.WriteAsync("hello"u8.ToArray());
        await stream.ReadExactlyAsync(new byte[5]).AsTask().WaitAsync(Eventually.DefaultTimeout);
        switch (way)
        {
            case Way.ResumedAndReset:
                peer.Reset();
                break;
            case Way.ResumedAndCut:
                peer.ShutdownSend();
                await peer.WaitForEndAsync();
                break;
            default:
                await stream.ShutdownAsync();
                peer.ShutdownSend();
                await peer.WaitForEndAsync();
                break;
        }
    }

    private static SslClientAuthenticationOptions Options(Way way) => new()
    {
        TargetHost = Name,
        AllowTlsResume = way is Way.Resumed or Way.ResumedAndCut or Way.ResumedAndReset,
        EnabledSslProtocols = HasTls12(way) ? SslProtocols.Tls12 : SslProtocols.Tls13,
    };

    // A client of TLS 1.3 does not wait for an answer to its second flight, so garbage there would go unnoticed.
    private static bool HasTls12(Way way) => way is Way.Full12 or Way.ResumedAndCut or Way.GarbageAfterTheHello;

    private enum Way
    {
        Full,
        Full12,
        Resumed,
        ResumedAndCut,
        ResumedAndReset,
        LeavesAfterTheHello,
        GarbageAfterTheHello,
        CutWithinTheHello,
    }

    /// <summary>Sends the hello as it is, and every byte behind it changed.</summary>
    private sealed class Spoiled(Socket socket) : NetworkStream(socket)
    {
        private bool _said;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var bytes = buffer.ToArray();
            if (_said)
            {
                // The record headers stay: what is in them is no message of a handshake.
                bytes.AsSpan(bytes.Length > 5 ? 5 : 0).Fill(0x5A);
            }

            _said = true;
            return base.WriteAsync(bytes, cancellationToken);
        }
    }

    /// <summary>Resets the connection when the server's answer is there.</summary>
    private sealed class Leaving(TcpPeer peer) : NetworkStream(peer.Socket)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await peer.WaitForFirstByteAsync();
            peer.Reset();
            return 0;
        }
    }
}
