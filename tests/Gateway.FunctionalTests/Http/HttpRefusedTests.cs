using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Gateway.Configuration;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.FunctionalTests.Http;

/// <summary>What is not proxied, or not whole, and what is said of it.</summary>
public sealed class HttpRefusedTests
{
    [Theory]
    [InlineData("Http1", "PROXY TCP4 203.0.113.7 192.0.2.1 1 2\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("Http1", "\r\n\r\n\0\r\nQUIT\n\u0020\u0000\u0000\u0000GET / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("Http2", "PROXY TCP4 203.0.113.7 192.0.2.1 1 2\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    public async Task Header_ListenerExpectsNone_IsClosedCountedAndTheLogSaysTheCure(string version, string bytes)
    {
        await using var web = Peers.HttpBackend.Start();
        var http = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile().AddHttp("web", http, web.Address).Set("Listeners:web:HttpVersion", version));

        using var client = await TcpPeer.ConnectAsync(http);
        await client.SendAsync(bytes);
        var line = await gateway.Process.WaitForLineAsync(l => l.Contains("UnexpectedHeader", StringComparison.Ordinal), "the access line");

        Assert.Contains("listener=web reason=proxy_protocol", line, StringComparison.Ordinal);
        Assert.Contains("Listeners:web has no ProxyProtocol section", line, StringComparison.Ordinal);
        await gateway.WaitForMetricAsync("gateway_tcp_connection_rejected_total", v => v == 1, ("reason", "proxy_protocol"), ("listener", "web"));
        Assert.Equal(0, web.Accepted);
    }

    [Theory]
    [InlineData("GARBAGE\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /LONG HTTP/1.1\r\nHost: x\r\n\r\n", 414)]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nX: LONG\r\n\r\n", 431)]
    public async Task Request_ServerRefusesIt_HasAnAccessLine(string text, int status)
    {
        await using var web = Peers.HttpBackend.Start();
        var http = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile().AddHttp("web", http, web.Address));

        using var client = await TcpPeer.ConnectAsync(http);
        await client.SendAsync(text.Replace("LONG", new string('x', 40_000), StringComparison.Ordinal));

        var line = await gateway.Process.WaitForLineAsync(l => l.Contains("reason=bad_request", StringComparison.Ordinal), "the access line");
        Assert.Contains($"listener=web reason=bad_request detail={status}(\"", line, StringComparison.Ordinal);
    }

    /// <summary>What a client writes where Kestrel quotes it, and a method of 7 KB: one line, one reason, nothing but printable ASCII.</summary>
    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \u001b[31mx reason=forged\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1 reason=forged\u001b[31m\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x reason=forged\u009b31m\r\n\r\n")]
    [InlineData("GET / HTTP/9.1 reason=forged\u001b[31m\r\nHost: x\r\n\r\n")]
    [InlineData("LONG /path HTTP/1.1\r\nHost: x\r\n\r\n")]
    public async Task Request_TriesToForgeALine_IsToldEscapedQuotedAndShort(string text)
    {
        await using var web = Peers.HttpBackend.Start();
        var http = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile().AddHttp("web", http, web.Address));

        using var client = await TcpPeer.ConnectAsync(http);
        await client.SendAsync(Encoding.Latin1.GetBytes(text.Replace("LONG", new string('M', 7000), StringComparison.Ordinal)));

        var line = await gateway.Process.WaitForLineAsync(l => l.Contains("Gateway.Access", StringComparison.Ordinal), "the access line");
        Assert.DoesNotContain(line, c => c is < ' ' or > '~');
        Assert.DoesNotContain(" reason=forged", Regex.Replace(line, "\"([^\"\\\\]|\\\\.)*\"", "Q"), StringComparison.Ordinal);
        Assert.InRange(line.Length, 1, 1000);
    }

    /// <summary>A backend's words are no better than a client's.</summary>
    [Fact]
    public async Task Response_StatusLineTriesToForgeALine_IsToldEscapedAndQuoted()
    {
        await using var backend = RecordingTcpServer.Start(async peer =>
        {
            while ((await peer.ReadLineAsync()).Length > 0)
            {
            }

            await peer.SendAsync(Encoding.Latin1.GetBytes("\u001b[31mHTTP/1.1 200 reason=forged\u009b\r\n\r\n"));
        });
        var http = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile().AddHttp("web", http, backend.Address));

        using var client = await TcpPeer.ConnectAsync(http);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

        var line = await gateway.Process.WaitForLineAsync(l => l.Contains("status=502", StringComparison.Ordinal), "the access line");
        Assert.DoesNotContain(line, c => c is < ' ' or > '~');
        Assert.Contains("forged", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_EndsWithAnException_IsLoggedAsItIsAnswered()
    {
        await using var backend = await HttpBackend.StartAsync();
        var config = HttpTestGateway.Config(backend.Http1);
        // Validation refuses such a pair.
        var twice = config.ReverseProxy.Routes[0] with { RouteId = "twice" };
        await using var gateway = await HttpTestGateway.StartAsync(config with { ReverseProxy = config.ReverseProxy with { Routes = [.. config.ReverseProxy.Routes, twice] } });
        using var client = ProxyClient.For(gateway["web"]);

        using var response = await client.GetAsync(new Uri("/", UriKind.Relative));

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        var line = await gateway.WaitForAccessLineAsync(line => line.Contains("path=/ ", StringComparison.Ordinal));
        Assert.Contains(" status=500 ", line, StringComparison.Ordinal);
        Assert.Contains(" error=AmbiguousMatchException detail=\"The request matched multiple endpoints.", line, StringComparison.Ordinal);
    }

    /// <summary>A client that is promised trailers and gets none takes the response for broken, or waits.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Trailers_OfResponse_PassInHttp2AndAreNotPromisedInHttp1(bool http2)
    {
        await using var backend = await HttpBackend.StartAsync();
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(
            backend.Http2,
            listener => listener with { HttpVersion = http2 ? ListenerHttpVersion.Http2 : ListenerHttpVersion.Http1 },
            cluster: cluster => cluster with { HttpRequest = new ForwarderRequestConfig { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact } }));
        using var client = ProxyClient.For(gateway["web"], http2: http2);

        using var response = await client.GetAsync(new Uri("/trailers", UriKind.Relative));

        Assert.Equal("body", await response.Content.ReadAsStringAsync());
        Assert.Equal(http2 ? ["X-Checksum"] : Array.Empty<string>(), response.Headers.Trailer);
        Assert.Equal(http2 ? ["1"] : Array.Empty<string>(), response.TrailingHeaders.SelectMany(header => header.Value));
    }
}
