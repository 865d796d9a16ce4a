using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Health;
using Gateway.Tcp.Health.Probes;
using Gateway.Tcp.Tls;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Tests.Tcp.Tls;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Health;

/// <summary>Checks over real sockets: what is sent, what is judged, and how a check ends.</summary>
public sealed class HealthProbeTests
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    private readonly OwnListeners _own = new();
    private TimeProvider _time = TimeProvider.System;
    private TimeSpan? _took;

    [Fact]
    public async Task Connect_ListenerOrNone_IsToldAndNobodySeesIt()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = (IPEndPoint)listener.LocalEndpoint;

        Assert.Equal(ProbeResult.Good, await CheckAsync(address, new()));
        Assert.False(listener.Pending(), "the application saw the check");
        using var client = new TcpClient(AddressFamily.InterNetwork);
        await client.ConnectAsync(address, TestContext.Current.CancellationToken);
        using var first = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        Assert.Equal(client.Client.LocalEndPoint, first.Client.RemoteEndPoint);
        using (_own.Add("in", address, dualMode: false))
        {
            Assert.Equal(ProbeResult.Bad("self"), await CheckAsync(address, new()));
        }

        listener.Stop();
        Assert.Equal(ProbeResult.Bad("refused"), await CheckAsync(address, new()));
    }

    [Theory]
    [InlineData(TcpHealthCheckHeader.V2, "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0")]
    [InlineData(TcpHealthCheckHeader.V1, "PROXY TCP4 127.0.0.1 127.0.0.1 SOURCE TARGET\r\n")]
    [InlineData(TcpHealthCheckHeader.None, "")]
    public async Task Exchange_Header_ComesBeforeTheBytes(TcpHealthCheckHeader header, string expected)
    {
        await using var server = RecordingTcpServer.Start();
        var check = CheckAsync(server.EndPoint, Exchange("PING\r\n", "+PONG") with { ProxyProtocol = header });
        using var peer = await server.NextAsync();
        expected = expected.Replace("SOURCE", $"{peer.Remote.Port}", StringComparison.Ordinal)
            .Replace("TARGET", $"{server.Port}", StringComparison.Ordinal);

        Assert.Equal(expected + "PING\r\n", await peer.ReadTextAsync(expected.Length + 6));
        await peer.SendAsync("+PO");
        await peer.SendAsync("NG\r\n");
        Assert.Equal(ConnectionEnd.Fin, await peer.WaitForEndAsync());
        peer.Dispose();
        Assert.Equal(ProbeResult.Good, await check);
    }

    [Theory]
    [InlineData("-LOADING\r\n", true, "expected \"+PONG\" and got \"-LOADING\\r\\n\" (closed)")]
    [InlineData("", true, "expected \"+PONG\" and got nothing (closed)")]
    [InlineData("\x1b[2J", false, "expected \"+PONG\" and got \"\\x1B[2J\" (timeout)")]
    [InlineData("", false, "expected \"+PONG\" and got nothing (timeout)")]
    public async Task Exchange_AnotherAnswer_IsShown(string answer, bool closes, string why)
    {
        await using var server = RecordingTcpServer.Start(async peer =>
        {
            await peer.ReadTextAsync(4);
            await peer.SendAsync(answer);
            if (!closes)
            {
                await peer.WaitForEndAsync();
            }
        });

        Assert.Equal(ProbeResult.Bad(why), await CheckAsync(server.EndPoint, Exchange("PING", "+PONG"), closes ? null : Short));
    }

    /// <summary>The goodbye waits half a second for a greeting that does not come; that is not the check's time.</summary>
    [Fact]
    public async Task Connect_WithAHeaderToAServerThatWaits_TakesAsLongAsItsHeader()
    {
        var time = new FakeTimeProvider();
        _time = time;
        await using var server = RecordingTcpServer.Start();
        var check = CheckAsync(server.EndPoint, new() { ProxyProtocol = TcpHealthCheckHeader.V2 });
        using var peer = await server.NextAsync();
        await peer.ReadTextAsync(16);

        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(50));
                return check.IsCompleted;
            },
            "the goodbye is over");

        Assert.Equal(ProbeResult.Good, await check);
        Assert.True(_took < TimeSpan.FromMilliseconds(500), $"{_took}");
    }

    /// <summary>What hangs collects no half-closed connections.</summary>
    [Fact]
    public async Task Exchange_NothingCame_EndsWithReset()
    {
        await using var server = RecordingTcpServer.Start();
        var check = CheckAsync(server.EndPoint, Exchange(null, "220 "), Short);
        using var peer = await server.NextAsync();

        Assert.Equal(ConnectionEnd.Reset, await peer.WaitForEndAsync());
        Assert.Equal(ProbeResult.Bad("expected \"220 \" and got nothing (timeout)"), await check);
    }

    [Fact]
    public async Task Exchange_EndlessAnswer_IsCutOff()
    {
        await using var server = RecordingTcpServer.Start(static async peer =>
        {
            while (true)
            {
                await peer.SendAsync(new byte[65536]);
            }
        });

        var result = await CheckAsync(server.EndPoint, Exchange(null, "x"));
        Assert.Equal(false, result.IsGood);
        Assert.EndsWith("... (too long)", result.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("220 mail.example.test ESMTP\r\n", "220", "QUIT\r\n")]
    [InlineData("220-wait\r\n220 mail.example.test ESMTP\r\n", "220", "QUIT\r\n")]
    [InlineData("* OK IMAP4rev1\r\n", "* OK", "a LOGOUT\r\n")]
    [InlineData("+OK POP3\r\n", "+OK", "QUIT\r\n")]
    [InlineData("+OK POP3\r\n", "220 another", "QUIT\r\n")]
    [InlineData("SSH-2.0-OpenSSH\r\n", "SSH-2.0", "")]
    public async Task Exchange_Greeting_GetsTheGoodbyeOfItsProtocol(string greeting, string expect, string goodbye)
    {
        await using var server = RecordingTcpServer.Start();
        var check = CheckAsync(server.EndPoint, Exchange(null, expect), Short);
        using var peer = await server.NextAsync();
        await peer.SendAsync(greeting);

        Assert.Equal(goodbye, Encoding.ASCII.GetString(await peer.ReadToEndAsync()));
        peer.Dispose();
        Assert.Equal(greeting.StartsWith(expect, StringComparison.Ordinal), (await check).IsGood);
    }

    [Theory]
    [InlineData(TcpHealthCheckKind.Exchange, "")]
    [InlineData(TcpHealthCheckKind.Connect, "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0")]
    public async Task Banner_OfMySql_GetsALoginInsteadOfABrokenConnection(TcpHealthCheckKind kind, string header)
    {
        await using var server = RecordingTcpServer.Start();
        var check = CheckAsync(server.EndPoint, kind == TcpHealthCheckKind.Exchange
            ? Exchange(null, "mysql_native_password")
            : new() { ProxyProtocol = TcpHealthCheckHeader.V2 });
        using var peer = await server.NextAsync();
        await peer.SendAsync("\x23\0\0\0\n8.0.0\0" + new string('x', 7) + "mysql_native_password\0");

        Assert.Equal(header, await peer.ReadTextAsync(header.Length));
        var login = await peer.ReadExactlyAsync(73);
        Assert.Equal([69, 0, 0, 1], login[..4]);
        Assert.Equal("gateway_check\0\0mysql_native_password\0", Encoding.ASCII.GetString(login[36..]));
        await peer.SendAsync("\x02\0\0\x02\xFE\0");
        Assert.Equal([0, 0, 0, 3], await peer.ReadExactlyAsync(4));
        await peer.SendAsync("\x03\0\0\x04\0\0\0");
        Assert.Equal([1, 0, 0, 0, 1], await peer.ReadExactlyAsync(5));
        Assert.Equal(ConnectionEnd.Fin, await peer.WaitForEndAsync());
        peer.Dispose();
        Assert.Equal(ProbeResult.Good, await check);
    }

    [Theory]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", null)]
    [InlineData("HTTP/1.1 503 Busy\r\n\r\n", "status 503")]
    [InlineData("-ERR\r\n", "expected HTTP and got \"-ERR\\r\\n\"")]
    [InlineData("", "expected HTTP and got nothing (closed)")]
    public async Task Http_Status_IsJudged(string answer, string? why)
    {
        await using var server = RecordingTcpServer.Start();
        var check = CheckAsync(server.EndPoint, new() { Kind = TcpHealthCheckKind.Http, Path = "/healthz?x=1", Statuses = ["200", "204"] });
        using var peer = await server.NextAsync();
        var request = new List<string>();
        while (await peer.ReadLineAsync() is { Length: > 0 } line)
        {
            request.Add(line);
        }

        Assert.Equal("GET /healthz?x=1 HTTP/1.1", request[0]);
        Assert.Contains($"Host: 127.0.0.1:{server.Port}", request);
        Assert.Contains("Connection: close", request);
        await peer.SendAsync(answer);
        peer.Dispose();
        Assert.Equal(new ProbeResult(why is null, why), await check);
    }

    [Fact]
    public async Task Http_HostAndPortOfTheCheck_AreUsed()
    {
        await using var server = RecordingTcpServer.Start();
        var check = CheckAsync(
            new IPEndPoint(IPAddress.Loopback, 9),
            new() { Kind = TcpHealthCheckKind.Http, Port = server.Port, Host = "shop.example.test" });
        using var peer = await server.NextAsync();
        _ = await peer.ReadLineAsync();

        Assert.Equal("Host: shop.example.test", await peer.ReadLineAsync());
        await peer.SendAsync("HTTP/1.0 302 Found\r\n\r\n");
        peer.Dispose();
        Assert.Equal(ProbeResult.Good, await check);
    }

    [Theory]
    [InlineData(TcpHealthCheckKind.Tls, false)]
    [InlineData(TcpHealthCheckKind.Exchange, false)]
    [InlineData(TcpHealthCheckKind.Exchange, true)]
    public async Task ClusterWithTls_RightServer_IsAskedInsideTls(TcpHealthCheckKind kind, bool asksForTls)
    {
        using var certificate = TestCertificates.Of("db.example.test");
        await using var server = StartTls(certificate, asksForTls);
        var rules = new TcpActiveHealthCheckConfig { Kind = kind, Send = "PING", Expect = "ping" };

        Assert.Equal(
            ProbeResult.Good,
            await CheckAsync(server.EndPoint, rules, null, new TestClientTls(certificate, "db.example.test"), asksForTls));
    }

    [Theory]
    [InlineData(TcpHealthCheckKind.Tls)]
    [InlineData(TcpHealthCheckKind.Http)]
    public async Task ClusterWithTls_AnotherCertificate_IsBad(TcpHealthCheckKind kind)
    {
        using var certificate = TestCertificates.Of("db.example.test");
        using var other = TestCertificates.Of("db.example.test");
        await using var server = StartTls(certificate, asksForTls: false);

        Assert.Equal(
            ProbeResult.Bad("tls:untrusted"),
            await CheckAsync(server.EndPoint, new() { Kind = kind }, null, new TestClientTls(other, "db.example.test")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TlsWithoutASection_AnyServerHello_IsGood(bool wantsCertificate)
    {
        using var certificate = TestCertificates.Of("another.example.test");
        await using var server = StartTls(certificate, asksForTls: false, wantsCertificate);

        Assert.Equal(ProbeResult.Good, await CheckAsync(server.EndPoint, new() { Kind = TcpHealthCheckKind.Tls }));
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", "tls:not_tls")]
    [InlineData("", "tls:closed")]
    public async Task TlsWithoutASection_NoTls_IsBad(string answer, string why)
    {
        await using var server = RecordingTcpServer.Start(async peer =>
        {
            await peer.ReadExactlyAsync(5);
            await peer.SendAsync(answer);
            peer.ShutdownSend();
            await peer.WaitForEndAsync();
        });

        Assert.Equal(ProbeResult.Bad(why), await CheckAsync(server.EndPoint, new() { Kind = TcpHealthCheckKind.Tls }));
    }

    [Fact]
    public async Task TlsWithoutASection_ServerDeclinesPostgreSqlsRequest_IsBad()
    {
        await using var server = RecordingTcpServer.Start(static async peer =>
        {
            Assert.Equal([0, 0, 0, 8, 4, 0xD2, 0x16, 0x2F], await peer.ReadExactlyAsync(8));
            await peer.SendAsync("N");
            await peer.WaitForEndAsync();
        });

        Assert.Equal(
            ProbeResult.Bad("tls:declined"),
            await CheckAsync(server.EndPoint, new() { Kind = TcpHealthCheckKind.Tls }, asksForTls: true));
    }

    [Fact]
    public async Task Check_Cancelled_HasNoResult()
    {
        await using var server = RecordingTcpServer.Start();
        using var stop = new CancellationTokenSource();
        var check = CheckAsync(server.EndPoint, Exchange(null, "x"), cancellation: stop.Token);
        using var peer = await server.NextAsync();

        await stop.CancelAsync();
        Assert.Equal(ProbeResult.None, await check);
    }

    private static TcpActiveHealthCheckConfig Exchange(string? send, string expect) =>
        new() { Kind = TcpHealthCheckKind.Exchange, Send = send, Expect = expect };

    /// <summary>Sends back in lower case what comes inside TLS.</summary>
    private static RecordingTcpServer StartTls(
        System.Security.Cryptography.X509Certificates.X509Certificate2 certificate, bool asksForTls, bool wantsCertificate = false) =>
        RecordingTcpServer.Start(async peer =>
        {
            if (asksForTls)
            {
                Assert.Equal([0, 0, 0, 8, 4, 0xD2, 0x16, 0x2F], await peer.ReadExactlyAsync(8));
                await peer.SendAsync("S");
            }

            await using var tls = new SslStream(new NetworkStream(peer.Socket, ownsSocket: false));
            try
            {
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = TestCertificates.Context(certificate),
                    ClientCertificateRequired = wantsCertificate,
                    RemoteCertificateValidationCallback = (_, shown, _, _) => !wantsCertificate || shown is not null,
                });
                var buffer = new byte[64];
                for (int read; (read = await tls.ReadAsync(buffer)) > 0;)
                {
                    await tls.WriteAsync(Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(buffer, 0, read).ToLowerInvariant()));
                }
            }
            catch (Exception failed) when (failed is IOException or System.Security.Authentication.AuthenticationException)
            {
                // The check did not like the certificate, or had none.
            }
        });

    private async Task<ProbeResult> CheckAsync(
        IPEndPoint address,
        TcpActiveHealthCheckConfig config,
        TimeSpan? timeout = null,
        IClientTls? tls = null,
        bool asksForTls = false,
        CancellationToken cancellation = default)
    {
        var expected = new ExpectedOpening(null, asksForTls, tls is not null);
        var rules = HealthCheckModel.Default with
        {
            Timeout = timeout ?? Eventually.DefaultTimeout,
            Probe = ProbeModel.From(config, expected),
        };
        var target = new ProbeTarget(address, new DestinationModel("d", $"{address}"), rules, tls);
        var result = await new HealthProbe(_own, _time).CheckAsync(target, cancellation)
            .WaitAsync(Eventually.DefaultTimeout, CancellationToken.None);
        _took = result.Took;
        return result with { Took = null };
    }
}
