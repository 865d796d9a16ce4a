using Gateway.Configuration;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.FunctionalTests.Http;

/// <summary>What of a request's target reaches the destination, and which route it is matched by.</summary>
public sealed class HttpTargetTests : IAsyncLifetime
{
    private readonly RecordingHttpBackend _backend = RecordingHttpBackend.Start();

    public ValueTask InitializeAsync() => default;

    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Theory]
    [InlineData("/")]
    [InlineData("/group%2Fproject/-/raw/a%20b.txt")]
    [InlineData("/@scope%2fname")]
    [InlineData("/%41%7e")]
    [InlineData("/%zz%")]
    [InlineData("/%ff%FE")]
    [InlineData("/%C3%A9/%c3%a9")]
    [InlineData("/a+b/%2B")]
    [InlineData("//a//b/")]
    [InlineData("/a;v=1/b%3Bc")]
    [InlineData("/a%5cb\\c")]
    [InlineData("/a/%252e%252e/%25")]
    [InlineData("/a/.../.b")]
    [InlineData("/[a]{b}|^`\"<>")]
    [InlineData("/a#b?c#d")]
    [InlineData("/?")]
    [InlineData("/??a=/../b&&=&%41=%zz+%20")]
    [InlineData("/a?x=%e9&y=\"'<>[]{}|\\^`")]
    public async Task Target_WithoutTransforms_PassesByteForByte(string target)
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Url));
        Assert.Equal(200, RawClient.StatusOf(await RawClient.GetAsync(gateway["web"], target)));
        Assert.Equal(target, (await _backend.NextAsync()).Target);
    }

    [Theory]
    [InlineData("http://x/a%2Fb?c=%41", "/a%2Fb?c=%41")]
    [InlineData("http://x", "/")]
    [InlineData("http://x?a", "/?a")]
    [InlineData("/a/../b%2F", "/b%2F")]
    [InlineData("/a/%2e%2e/b%2F", "/b%2F")]
    [InlineData("/a/%2E/b/./c", "/a/b/c")]
    [InlineData("/..", "/")]
    [InlineData("http://x/a/%2e%2e/b%2F", "/b%2F")]
    public async Task Target_OfAnotherForm_IsSentAsItIsMatched(string target, string expected)
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Url));
        Assert.Equal(200, RawClient.StatusOf(await RawClient.GetAsync(gateway["web"], target)));
        Assert.Equal(expected, (await _backend.NextAsync()).Target);
    }

    [Theory]
    [InlineData("/public/x%2Fy", "/public/x%2Fy")]
    [InlineData("/%70ublic/x", "/%70ublic/x")]
    [InlineData("/PUBLIC/x", "/PUBLIC/x")]
    [InlineData("/secret/../public/x", "/public/x")]
    [InlineData("/secret/%2e%2e/public/%2Fx", "/public/%2Fx")]
    [InlineData("http://x/%70ublic/%2F", "/%70ublic/%2F")]
    [InlineData("/public/../secret", null)]
    [InlineData("/public/%2e%2e/secret", null)]
    [InlineData("/public/.%2E/secret", null)]
    [InlineData("http://x/public/%2e%2e/secret", null)]
    [InlineData("/public/..%2fsecret", null)]
    [InlineData("/public/x%2f..%2F..%2fsecret", null)]
    [InlineData("/public/..%5csecret", null)]
    [InlineData("/public/..\\secret", null)]
    [InlineData("/public/..;/secret", null)]
    [InlineData("/public/%2e%2e;a=b/secret", null)]
    [InlineData("http://x/public/..%2fsecret", null)]
    [InlineData("//secret", null)]
    [InlineData("/secret", null)]
    [InlineData("/public;/../secret", null)]
    [InlineData("/public%2fx", null)]
    [InlineData("/public%5cx", null)]
    public async Task Target_WhateverItsSpelling_DoesNotGetAroundTheMatch(string target, string? expected)
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Url, route: route => route with { Match = new RouteMatch { Path = "/public/{**rest}" } }));
        var status = RawClient.StatusOf(await RawClient.GetAsync(gateway["web"], target));
        Assert.Equal(expected is null, status is 400 or 404);
        Assert.Equal(expected, _backend.Find()?.Target);
    }

    [Theory]
    [InlineData("PathPrefix", "/v1", "/a%2Fb/%41?c=%zz", "/v1/a%2Fb/%41?c=%zz")]
    [InlineData("PathRemovePrefix", "/api", "/%61pi/a%2Fb?c=+", "/a%2Fb?c=+")]
    [InlineData("PathRemovePrefix", "/api", "/other/%41", "/other/%41")]
    [InlineData("PathPattern", "/v2/{**rest}", "/a%2Fb/%ff/%C3%A9", "/v2/a%2Fb/%ff/%C3%A9")]
    [InlineData("PathSet", "/fixed/%/\u00E9", "/%66ixed/a?b=%41", "/fixed/%25/%C3%A9?b=%41")]
    public async Task Target_WithAPathTransform_ChangesOnlyWhereItSays(string key, string value, string target, string expected)
    {
        await using var gateway = await StartAsync(new Dictionary<string, string> { [key] = value });
        Assert.Equal(200, RawClient.StatusOf(await RawClient.GetAsync(gateway["web"], target)));
        Assert.Equal(expected, (await _backend.NextAsync()).Target);
    }

    [Theory]
    [InlineData("Append", "/%41?x=%41&&y=+", "/%41?x=%41&&y=+&n=a%20b")]
    [InlineData("Set", "/?n=1&x=%zz", "/?x=%zz&n=a%20b")]
    public async Task Target_WithAQueryTransform_ChangesOnlyWhereItSays(string action, string target, string expected)
    {
        await using var gateway = await StartAsync(new Dictionary<string, string> { ["QueryValueParameter"] = "n", [action] = "a b" });
        Assert.Equal(200, RawClient.StatusOf(await RawClient.GetAsync(gateway["web"], target)));
        Assert.Equal(expected, (await _backend.NextAsync()).Target);
    }

    [Fact]
    public async Task Target_OfADestinationWithAPath_IsAppendedToIt()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Url + "base path/"));
        Assert.Equal(200, RawClient.StatusOf(await RawClient.GetAsync(gateway["web"], "/a%2Fb")));
        Assert.Equal("/base%20path/a%2Fb", (await _backend.NextAsync()).Target);
    }

    /// <summary>HTTP/2 lets through what a request line cannot carry: it must not make another request of it.</summary>
    [Theory]
    [InlineData("/a%2Fb/%41?c=%zz", "/a%2Fb/%41?c=%zz")]
    [InlineData("/a b?c d", "/a%20b?c%20d")]
    [InlineData("/a HTTP/1.1?b", "/a%20HTTP/1.1?b")]
    public async Task Target_OfHttp2_PassesByteForByte(string target, string expected)
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Url, listener => listener with { HttpVersion = ListenerHttpVersion.Http2 }));
        using var client = ProxyClient.For(gateway["web"], http2: true);
        using var response = await client.GetAsync(new Uri("http://gateway.example" + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(expected, (await _backend.NextAsync()).Target);
    }

    private Task<HttpTestGateway> StartAsync(Dictionary<string, string> transform) =>
        HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Url, route: route => route with { Transforms = [transform] }));
}
