using System.Net;
using Gateway.Configuration;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.FunctionalTests.Http;

/// <summary>
/// Header values are bytes, on all four sides; and what one request of an HTTP/2 connection is refused for costs nobody else theirs.
/// </summary>
public sealed class HttpHeaderBytesTests
{
    private const string Utf8 = "caf\u00C3\u00A9.txt";

    private static readonly ForwarderRequestConfig Http2 = new() { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

    /// <summary>Every byte that a value may have above ASCII.</summary>
    private static readonly string High = new([.. Enumerable.Range(0x80, 0x80).Select(value => (char)value)]);

    public static TheoryData<string> Clusters => ["shared", "each client's own", "with YARP's encodings"];

    [Theory]
    [MemberData(nameof(Clusters))]
    public async Task HeaderBytes_OfRequestAndResponse_PassBothWays(string cluster)
    {
        await using var backend = RecordingHttpBackend.Start(_ => RecordingHttpBackend.Ok.Replace(
            "\r\n\r\n", $"\r\nLocation: /{Utf8}\r\nSet-Cookie: a={High}\r\nX-Name: {High}\r\n\r\n", StringComparison.Ordinal));
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(backend.Url, cluster: config => cluster switch
        {
            "shared" => config,
            "each client's own" => config with { Metadata = new Dictionary<string, string> { ["SourceIp.Mode"] = "ProxyProtocol", ["SourceIp.Version"] = "V1" } },
            _ => config with { HttpClient = new HttpClientConfig { RequestHeaderEncoding = "utf-8", ResponseHeaderEncoding = "utf-8" } },
        }));

        var response = await RawClient.GetAsync(gateway["web"], "/", $"Referer: http://x/{Utf8}\r\nCookie: a={High}\r\nX-Name: {High}\r\n");

        var request = await backend.NextAsync();
        Assert.Equal([$"http://x/{Utf8}"], request["Referer"]);
        Assert.Equal([$"a={High}"], request["Cookie"]);
        Assert.Equal([High], request["X-Name"]);
        Assert.StartsWith("HTTP/1.1 200 ", response, StringComparison.Ordinal);
        Assert.Contains($"\r\nLocation: /{Utf8}\r\n", response, StringComparison.Ordinal);
        Assert.Contains($"\r\nSet-Cookie: a={High}\r\n", response, StringComparison.Ordinal);
        Assert.Contains($"\r\nX-Name: {High}\r\n", response, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HeaderBytes_OverHttp2OnBothSides_PassBothWays()
    {
        await using var backend = await HttpBackend.StartAsync();
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(
            backend.Http2,
            listener => listener with { HttpVersion = ListenerHttpVersion.Http2 },
            cluster: cluster => cluster with { HttpRequest = Http2 }));
        using var client = ProxyClient.For(gateway["web"], http2: true);
        using var request = new HttpRequestMessage(HttpMethod.Get, "bytes") { Version = Http2.Version!, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.TryAddWithoutValidation("X-Bytes", High);
        using var response = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal([High], response.Headers.GetValues("X-Bytes"));
        await response.Content.ReadAsStringAsync();
        Assert.Equal([High], response.TrailingHeaders.GetValues("X-Bytes-Last"));
    }

    /// <summary>What the file says is text: on the wire it is UTF-8.</summary>
    [Fact]
    public async Task HeaderText_OfTheConfiguration_IsUtf8()
    {
        await using var backend = RecordingHttpBackend.Start();
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(backend.Url, route: route => route with
        {
            Match = new RouteMatch { Path = "/{name}", Headers = [new RouteHeader { Name = "X-Who", Values = ["José"] }] },
            Transforms =
            [
                new Dictionary<string, string> { ["RequestHeader"] = "X-Set", ["Set"] = "日é" },
                new Dictionary<string, string> { ["RequestHeaderRouteValue"] = "X-Route", ["Append"] = "name" },
                new Dictionary<string, string> { ["ResponseHeader"] = "X-Response", ["Set"] = "é" },
            ],
        }));

        Assert.Equal(404, RawClient.StatusOf(await RawClient.GetAsync(gateway["web"], "/a", "X-Who: Jos\u00E9\r\n")));
        var response = await RawClient.GetAsync(gateway["web"], "/%E6%97%A5%C3%A9", "X-Who: Jos\u00C3\u00A9\r\nX-Route: \u00E9\r\n");

        var request = await backend.NextAsync();
        Assert.Equal(["\u00E6\u0097\u00A5\u00C3\u00A9"], request["X-Set"]);
        Assert.Equal("\u00E9, \u00E6\u0097\u00A5\u00C3\u00A9", string.Join(", ", request["X-Route"]));
        Assert.Contains("\r\nX-Response: \u00C3\u00A9\r\n", response, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("latin1", 200, null)]
    [InlineData("control", 200, null)]
    [InlineData("one of 20 KB", 200, null)]
    [InlineData("250", 431, " headers (MaxRequestHeaderCount 100)")]
    [InlineData("700", 431, " headers (MaxRequestHeaderCount 100)")]
    [InlineData("1200", 431, null)]
    [InlineData("40 KB", 431, "bytes of headers (MaxRequestHeadersBytes 32768)")]
    [InlineData("one of 200 KB", 431, "bytes of headers (MaxRequestHeadersBytes 32768)")]
    [InlineData("path", 414, "(MaxRequestLineBytes 8192)")]
    public async Task OddHeader_OnASharedHttp2Connection_CostsItsOwnRequestAlone(string kind, int status, string? detail)
    {
        await using var backend = await HttpBackend.StartAsync();
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(backend.Http2, listener => listener with { HttpVersion = ListenerHttpVersion.Http2 },
            cluster: cluster => cluster with { HttpRequest = Http2 }));
        using var client = ProxyClient.For(gateway["web"], http2: true);
        var innocent = client.GetAsync(new Uri("hold", UriKind.Relative));
        await backend.Held.Task.WaitAsync(Limits.Wait);

        using var request = new HttpRequestMessage(HttpMethod.Get, kind == "path" ? new string('a', 9000) : "bytes") { Version = Http2.Version!, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        foreach (var (name, value) in OddHeaders(kind))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await client.SendAsync(request);
        Assert.Equal(status, (int)response.StatusCode);
        backend.Gate.TrySetResult();
        Assert.Equal(HttpStatusCode.OK, (await innocent).StatusCode);
        if (detail is not null)
        {
            var line = await gateway.WaitForAccessLineAsync(line => line.Contains($"status={status} ", StringComparison.Ordinal));
            Assert.StartsWith("http client=127.0.0.1 hop=127.0.0.1:", line, StringComparison.Ordinal);
            Assert.Contains("error=HeaderLimits", line, StringComparison.Ordinal);
            Assert.Contains(detail, line, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(6, 32768, 8192, 200)]
    [InlineData(5, 32768, 8192, 431)]
    [InlineData(100, 1024, 8192, 431)]
    [InlineData(100, 32768, 1000, 414)]
    [InlineData(100, 32768, 3000, 200)]
    public async Task HeaderLimits_OfTheListener_Apply(int count, int bytes, int line, int status)
    {
        await using var backend = RecordingHttpBackend.Start();
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(backend.Url, listener => listener with
        {
            HttpLimits = new HttpLimitsConfig { MaxRequestHeaderCount = count, MaxRequestHeadersBytes = bytes, MaxRequestLineBytes = line },
        }));
        var headers = string.Concat(Enumerable.Range(0, 5).Select(i => $"X-{i}: {new string('a', 250)}\r\n"));
        Assert.Equal(status, RawClient.StatusOf(await RawClient.GetAsync(gateway["web"], "/" + new string('a', 2000), headers)));
    }

    private static IEnumerable<(string, string)> OddHeaders(string kind) => kind switch
    {
        "latin1" => [("x-odd", High)],
        "control" => [("x-odd", "a\u0001\u007Fb")],
        "one of 20 KB" => [("x-odd", new string('a', 20_000))],
        "40 KB" => Enumerable.Range(0, 10).Select(i => ($"x-{i}", new string('a', 4000))),
        "one of 200 KB" => [("x-odd", new string('a', 200_000))],
        "path" => [],
        _ => Enumerable.Range(0, int.Parse(kind, System.Globalization.CultureInfo.InvariantCulture)).Select(i => ($"x-{i}", "1")),
    };
}
