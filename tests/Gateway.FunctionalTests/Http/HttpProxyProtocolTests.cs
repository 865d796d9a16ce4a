using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Configuration;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;

namespace Gateway.FunctionalTests.Http;

/// <summary>PROXY headers on HTTP listeners: believed, refused, timed out, and consumed to the byte.</summary>
public sealed class HttpProxyProtocolTests : IAsyncLifetime
{
    private HttpBackend _backend = null!;

    public async ValueTask InitializeAsync() => _backend = await HttpBackend.StartAsync();

    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    public static TheoryData<string, string> Clients => new()
    {
        { "v1", "203.0.113.7" }, { "v1", "2001:db8::7" }, { "v2", "203.0.113.7" }, { "v2", "2001:db8::7" }, { "v2", "::ffff:203.0.113.7" },
    };

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Header_FromTrustedPeer_NamesTheClientOfEveryRequest(string version, string source)
    {
        await using var gateway = await StartAsync(HttpTestGateway.TrustLoopback);
        using var client = ProxyClient.For(gateway["web"], version == "v1" ? ProxyClient.V1(source, 4711) : ProxyClient.V2(source, 4711));
        var expected = source.Replace("::ffff:", "", StringComparison.Ordinal);
        for (var i = 0; i < 2; i++)
        {
            // The second request comes over the same connection and has no header of its own.
            var seen = await client.ShowAsync($"show/{i}", ("X-Forwarded-For", "198.51.100.66"));
            Assert.Equal($"198.51.100.66, {expected}", seen["X-Forwarded-For"]);
            Assert.Equal(expected, seen["X-Real-IP"]);
        }
        var line = await gateway.WaitForAccessLineAsync(line => line.Contains("path=/show/1", StringComparison.Ordinal));
        Assert.Contains($"http client={expected} hop={new IPEndPoint(IPAddress.Parse(expected), 4711)} peer=127.0.0.1:", line, StringComparison.Ordinal);
        Assert.Contains($" source=ProxyProtocol{version.ToUpperInvariant()} ", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Header_FromTrustedPeer_TrustOfXForwardedForIsTheClientsAndNotThePeers()
    {
        var headers = new ForwardedHeadersConfig { TrustedProxies = ["203.0.113.0/24"] };
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1,
            listener => listener with { ProxyProtocol = HttpTestGateway.TrustLoopback, ForwardedHeaders = headers }));
        using var cdn = ProxyClient.For(gateway["web"], ProxyClient.V2("203.0.113.7", 1));
        using var other = ProxyClient.For(gateway["web"], ProxyClient.V2("192.0.2.7", 1));
        Assert.Equal("198.51.100.66", (await cdn.ShowAsync("show", ("X-Forwarded-For", "198.51.100.66")))["X-Real-IP"]);
        Assert.Equal("192.0.2.7", (await other.ShowAsync("show", ("X-Forwarded-For", "198.51.100.66")))["X-Real-IP"]);
    }

    [Fact]
    public async Task Header_LocalOrUnknown_ThePeerIsTheClient()
    {
        await using var gateway = await StartAsync(HttpTestGateway.TrustLoopback);
        using var local = ProxyClient.For(gateway["web"], ProxyClient.V2("203.0.113.7", 1, local: true));
        using var unknown = ProxyClient.For(gateway["web"], Encoding.ASCII.GetBytes("PROXY UNKNOWN whatever\r\n"));
        Assert.Equal("127.0.0.1", (await local.ShowAsync())["X-Real-IP"]);
        Assert.Equal("127.0.0.1", (await unknown.ShowAsync())["X-Real-IP"]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task Header_InPiecesWithTheRequestBehindIt_IsConsumedToTheByte(int pieceLength)
    {
        await using var gateway = await StartAsync(HttpTestGateway.TrustLoopback);
        using var socket = await ProxyClient.ConnectAsync(gateway["web"]);
        byte[] all = [.. ProxyClient.V2("203.0.113.7", 4711), .. "GET /show HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8];
        foreach (var piece in all.Chunk(pieceLength))
        {
            await socket.SendAsync(piece);
        }
        var answer = await socket.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"X-Real-IP\":\"203.0.113.7\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Header_BeforeHttp2_NamesTheClient()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1,
            listener => listener with { ProxyProtocol = HttpTestGateway.TrustLoopback, HttpVersion = ListenerHttpVersion.Http2 }));
        using var client = ProxyClient.For(gateway["web"], ProxyClient.V2("203.0.113.7", 4711), http2: true);
        Assert.Equal("203.0.113.7", (await client.ShowAsync())["X-Forwarded-For"]);
    }

    public static TheoryData<string, string, bool> Checks => new(
        from policy in new[] { "required", "checker", "checker, nested passes" }
        from header in new[] { "nlb", "local", "unknown" }
        from joined in new[] { true, false }
        select (policy, header, joined));

    /// <summary>A load balancer's check says in its header that it is one, and sends its request in the same segment, or not.</summary>
    [Theory]
    [MemberData(nameof(Checks))]
    public async Task Check_WithHeaderThatNamesNobody_IsAnswered(string policy, string header, bool joined)
    {
        await using var gateway = await StartAsync(Policy(policy) with { HeaderTimeout = TimeSpan.FromMinutes(10) });
        using var socket = await ProxyClient.ConnectAsync(gateway["web"]);
        byte[] first = header switch
        {
            "nlb" => ProxyClient.NlbCheck,
            "local" => ProxyClient.V2("203.0.113.7", 1, local: true),
            _ => Encoding.ASCII.GetBytes("PROXY UNKNOWN\r\n"),
        };
        var request = Encoding.ASCII.GetBytes("GET /show HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        foreach (var piece in joined ? [[.. first, .. request]] : new[] { first, request })
        {
            await socket.SendAsync(piece);
        }
        var answer = await socket.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"X-Real-IP\":\"127.0.0.1\"", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("checker", false)]
    [InlineData("checker", true)]
    [InlineData("checker, nested passes", false)]
    [InlineData("checker, nested passes", true)]
    public async Task Check_ClaimsAClient_IsRefusedAtOnce(string policy, bool behindLocal)
    {
        await using var gateway = await StartAsync(Policy(policy) with { HeaderTimeout = TimeSpan.FromMinutes(10) });
        using var socket = await ProxyClient.ConnectAsync(gateway["web"]);
        await socket.SendAsync((byte[])[.. behindLocal ? ProxyClient.NlbCheck : [], .. ProxyClient.V2("203.0.113.7", 1), .. "GET / HTTP/1.1\r\n"u8]);
        Assert.Equal("", await socket.ReadToEndAsync());
        var detail = behindLocal && policy == "checker" ? "NestedHeader" : "UntrustedHeader";
        await gateway.WaitForAccessLineAsync(line => line.EndsWith($"reason=proxy_protocol detail={detail}", StringComparison.Ordinal));
    }

    public static TheoryData<string, string, string> Refusals => new()
    {
        { "required", "GET / HTTP/1.1\r\n\r\n", "HeaderMissing" },
        { "required", "PROXY TCP4 999.0.0.1 1.2.3.4 1 2\r\n", "HeaderInvalid(" },
        { "required", "PROXY TCP4 0.0.0.0 192.0.2.1 1 2\r\n", "SourceInvalid" },
        { "required", "PROXY TCP4 224.0.0.1 192.0.2.1 1 2\r\n", "SourceInvalid" },
        { "v2 only", "PROXY TCP4 203.0.113.7 192.0.2.1 1 2\r\n", "HeaderInvalid(VersionNotAllowed)" },
        { "required", "\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff", "HeaderTooLarge" },
        { "reject", "PROXY TCP4 203.0.113.7 192.0.2.1 1 2\r\n", "UntrustedPeer" },
        { "direct", "PROXY TCP4 203.0.113.7 192.0.2.1 1 2\r\n", "UntrustedHeader" },
        { "checker", "PROXY TCP4 203.0.113.7 192.0.2.1 1 2\r\n", "UntrustedHeader" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Connection_AgainstThePolicy_IsClosedAndNamed(string policy, string bytes, string detail)
    {
        await using var gateway = await StartAsync(Policy(policy));
        using var rejected = new MetricCollector<long>(gateway.Services.GetRequiredService<IMeterFactory>(), "Gateway.Tcp", "gateway.tcp.connection.rejected");
        using var received = new MetricCollector<long>(gateway.Services.GetRequiredService<IMeterFactory>(), "Gateway.Tcp", "gateway.proxy_protocol.received");
        try
        {
            using var socket = await ProxyClient.ConnectAsync(gateway["web"]);
            await SendAsync(socket, bytes);
            Assert.Equal("", await socket.ReadToEndAsync());
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Refused so much at once that connect() already learns it.
        }

        var line = await gateway.WaitForAccessLineAsync(line => line.Contains("reason=", StringComparison.Ordinal));
        Assert.StartsWith("http peer=127.0.0.1:", line, StringComparison.Ordinal);
        Assert.Contains($" listener=web reason=proxy_protocol detail={detail}", line, StringComparison.Ordinal);
        var counted = Assert.Single(rejected.GetMeasurementSnapshot());
        Assert.Equal("proxy_protocol", counted.Tags["reason"]);
        Assert.Equal("web", counted.Tags["listener"]);
        Assert.Single(received.GetMeasurementSnapshot());
    }

    [Theory]
    [InlineData("required", "", "HeaderMissing")]
    [InlineData("required", "PROX", "HeaderTimeout")]
    [InlineData("required", "PROXY TCP4 203.0.113.7 192.0.2.1", "HeaderTimeout")]
    [InlineData("optional", "PROXY TCP4 203.0.113.7 192.0.2.1", "HeaderTimeout")]
    public async Task Connection_SlowerThanHeaderTimeout_IsCutThen(string policy, string bytes, string detail)
    {
        await using var gateway = await StartAsync(Policy(policy) with { HeaderTimeout = TimeSpan.FromSeconds(1) });
        var started = Stopwatch.GetTimestamp();
        using var socket = await ProxyClient.ConnectAsync(gateway["web"]);
        await SendAsync(socket, bytes);
        Assert.Equal("", await socket.ReadToEndAsync());
        Assert.True(Stopwatch.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(990));
        var line = await gateway.WaitForAccessLineAsync(line => line.Contains("reason=", StringComparison.Ordinal));
        Assert.Contains($"reason=proxy_protocol detail={detail}", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("required")]
    [InlineData("optional")]
    [InlineData("checker")]
    [InlineData("direct")]
    public async Task Connection_ClosedWithoutAByte_IsCountedAndSilent(string policy)
    {
        await using var gateway = await StartAsync(Policy(policy));
        using var checks = new MetricCollector<long>(gateway.Services.GetRequiredService<IMeterFactory>(), "Gateway.Tcp", "gateway.tcp.health_checks");
        using (var socket = await ProxyClient.ConnectAsync(gateway["web"]))
        {
            socket.Shutdown(SocketShutdown.Send);
            Assert.Equal("", await socket.ReadToEndAsync());
        }
        await checks.WaitForMeasurementsAsync(1, Limits.Wait);
        using (var socket = await ProxyClient.ConnectAsync(gateway["web"]))
        {
            // A check that ends with RST.
            socket.LingerState = new LingerOption(true, 0);
        }
        await checks.WaitForMeasurementsAsync(2, Limits.Wait);
        Assert.DoesNotContain(gateway.Logs.GetSnapshot(), record => record.Level > Microsoft.Extensions.Logging.LogLevel.Debug);
    }

    [Theory]
    [InlineData("optional")]
    [InlineData("checker")]
    [InlineData("direct")]
    public async Task Connection_SilentForHeaderTimeoutWhereItMayBe_IsClosedSilently(string policy)
    {
        await using var gateway = await StartAsync(Policy(policy) with { HeaderTimeout = TimeSpan.FromMilliseconds(200), OptionalWait = TimeSpan.FromMilliseconds(50) });
        using var checks = new MetricCollector<long>(gateway.Services.GetRequiredService<IMeterFactory>(), "Gateway.Tcp", "gateway.tcp.health_checks");
        using var socket = await ProxyClient.ConnectAsync(gateway["web"]);
        Assert.Equal("", await socket.ReadToEndAsync());
        await checks.WaitForMeasurementsAsync(1, Limits.Wait);
    }

    [Theory]
    [InlineData("optional")]
    [InlineData("checker")]
    [InlineData("direct")]
    public async Task Request_WithoutHeaderWhereItMayCome_ThePeerIsTheClient(string policy)
    {
        await using var gateway = await StartAsync(Policy(policy));
        using var client = ProxyClient.For(gateway["web"]);
        Assert.Equal("127.0.0.1", (await client.ShowAsync())["X-Real-IP"]);
        // "P" begins a signature and a request line; the rest tells them apart.
        using var posted = await client.PutAsync("show", new StringContent("x"));
        Assert.Equal(HttpStatusCode.OK, posted.StatusCode);
    }

    [Theory]
    [InlineData("PROXY TCP4 203.0.113.7 192.0.2.1 1 2\r\n", false)]
    [InlineData("GET /show HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", true)]
    [InlineData("PUT /show HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", true)]
    public async Task Optional_FirstBytesAfterOptionalWait_AreARequestOrALateHeader(string bytes, bool served)
    {
        var time = new WatchedTime();
        await using var gateway = await StartAsync(Policy("optional"), services => services.AddSingleton<TimeProvider>(time));
        using var socket = await ProxyClient.ConnectAsync(gateway["web"]);
        // It has been accepted and OptionalWait runs: time that passed before would not count.
        await time.OptionalWaitRuns.WaitAsync(Limits.Wait);
        time.Advance(TimeSpan.FromMilliseconds(600));
        // And now it is over: bytes that came with its end would still be taken for a header.
        await time.OptionalWaitIsOver.WaitAsync(Limits.Wait);
        await SendAsync(socket, bytes);
        var answer = await socket.ReadToEndAsync();
        if (served)
        {
            Assert.Contains("\"X-Real-IP\":\"127.0.0.1\"", answer, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal("", answer);
            await gateway.WaitForAccessLineAsync(line => line.EndsWith("reason=proxy_protocol detail=LateHeader", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Connection_AboveTheLimit_IsClosedAndNamedAndPlacesComeBack()
    {
        await using var gateway = await StartAsync(HttpTestGateway.TrustLoopback, services => services.AddSingleton(new ConnectionLimit(2)));
        var limit = gateway.Services.GetRequiredService<ConnectionLimit>();
        // They have spoken, and give way to nobody.
        using (var one = ProxyClient.For(gateway["web"], ProxyClient.V1("203.0.113.7", 1)))
        using (var two = ProxyClient.For(gateway["web"], ProxyClient.V1("203.0.113.7", 2)))
        {
            await one.ShowAsync();
            await two.ShowAsync();
            Assert.Equal(2, limit.Count);
            using var three = await ProxyClient.ConnectAsync(gateway["web"]);
            Assert.Equal("", await three.ReadToEndAsync());
            await gateway.WaitForAccessLineAsync(line => line.EndsWith("reason=limit detail=-", StringComparison.Ordinal));
        }
        await Gateway.Testing.Eventually.TrueAsync(() => limit.Count == 0, "their places are free again");
        using var client = ProxyClient.For(gateway["web"], ProxyClient.V1("203.0.113.7", 1));
        Assert.Equal("203.0.113.7", (await client.ShowAsync())["X-Real-IP"]);
    }

    [Fact]
    public async Task Stop_WhileAHeaderIsWaitedFor_DoesNotWaitForIt()
    {
        var gateway = await StartAsync(HttpTestGateway.TrustLoopback with { HeaderTimeout = TimeSpan.FromMinutes(10) });
        using var socket = await ProxyClient.ConnectAsync(gateway["web"]);
        await SendAsync(socket, "PROXY ");
        await Gateway.Testing.Eventually.TrueAsync(() => gateway.Services.GetRequiredService<ConnectionLimit>().Count == 1, "the connection is accepted");
        var logs = gateway.Logs;
        await gateway.DisposeAsync().AsTask().WaitAsync(Limits.Wait);
        Assert.Contains(logs.GetSnapshot(), record => record.Message.EndsWith("reason=draining detail=-", StringComparison.Ordinal));
    }

    private Task<HttpTestGateway> StartAsync(ProxyProtocolConfig policy, Action<IServiceCollection>? services = null) =>
        HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1, listener => listener with { ProxyProtocol = policy }), services: services);

    private static async Task SendAsync(Socket socket, string bytes)
    {
        try
        {
            await socket.SendAsync(Encoding.Latin1.GetBytes(bytes));
        }
        catch (SocketException)
        {
            // Refused by its address alone, before it could send.
        }
    }

    private static ProxyProtocolConfig Policy(string name) => name switch
    {
        "required" => HttpTestGateway.TrustLoopback,
        "optional" => HttpTestGateway.TrustLoopback with { Header = HeaderExpectation.Optional },
        "v2 only" => HttpTestGateway.TrustLoopback with { Versions = [ProxyProtocolVersion.V2] },
        "checker" => new ProxyProtocolConfig { TrustedProxies = ["10.0.0.0/8"], HealthCheckers = ["127.0.0.0/8"] },
        "checker, nested passes" => Policy("checker") with { NestedHeader = NestedHeaderAction.Pass },
        "reject" => new ProxyProtocolConfig { TrustedProxies = ["10.0.0.0/8"] },
        _ => new ProxyProtocolConfig { TrustedProxies = ["10.0.0.0/8"], Untrusted = UntrustedPeerAction.Direct },
    };

    /// <summary>Time that stands still, and says when a wait of OptionalWait's default has begun and when the same timer got its next wait.</summary>
    private sealed class WatchedTime : Microsoft.Extensions.Time.Testing.FakeTimeProvider
    {
        private readonly TaskCompletionSource _runs = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task OptionalWaitRuns => _runs.Task;

        public Task OptionalWaitIsOver => _over.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime != TimeSpan.FromMilliseconds(500))
            {
                return timer;
            }

            _runs.TrySetResult();
            return new WatchedTimer(timer, _over);
        }
    }

    private sealed class WatchedTimer(ITimer inner, TaskCompletionSource changed) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var result = inner.Change(dueTime, period);
            changed.TrySetResult();
            return result;
        }

        public void Dispose() => inner.Dispose();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
