using Gateway.Http.GatewayApi;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Tests.Http.GatewayApi;

/// <summary>Where clients are sent.</summary>
public sealed class RedirectRuleTests
{
    // The table of the Gateway API's PrefixMatch, and what is left as the client wrote it.
    [Theory]
    [InlineData("302 https://*", "/foo", "/a%2Fb/%41?x=%20y", "https://host.example/a%2Fb/%41?x=%20y")]
    [InlineData("301 https://*:8443", "/foo", "/foo", "https://host.example:8443/foo")]
    [InlineData("302 http://example.com/new", "/foo", "/foo/bar?q", "http://example.com/new?q")]
    [InlineData("302 http://*/xyz/*", "/foo", "/foo/b%C3%A4r", "http://host.example/xyz/b%C3%A4r")]
    [InlineData("302 http://*/xyz/*", "/foo", "/foo", "http://host.example/xyz")]
    [InlineData("302 http://*/xyz/*", "/foo", "/foo/", "http://host.example/xyz/")]
    [InlineData("302 http://*/*", "/foo", "/foo/bar", "http://host.example/bar")]
    [InlineData("302 http://*/*", "/foo", "/foo/", "http://host.example/")]
    [InlineData("302 http://*/*", "/foo", "/foo", "http://host.example/")]
    [InlineData("302 http://*/xyz/*", "", "/bar", "http://host.example/xyz/bar")]
    [InlineData("302 http://*/a/%2A", "", "/bar", "http://host.example/a/%2A")]
    [InlineData("302 https://*", "/foo", "*", "https://host.example/")]
    [InlineData("302 https://*", "/foo", "http://host.example/foo/../x", "https://host.example/x")]
    public void LocationOf_ARequest(string rule, string matched, string target, string expected)
    {
        var redirect = RedirectRule.Parse(rule)!;
        Assert.Equal(rule, redirect.ToString());
        var context = new DefaultHttpContext();
        context.Features.Get<IHttpRequestFeature>()!.RawTarget = target;
        var query = target.IndexOf('?', StringComparison.Ordinal);
        context.Request.Host = new("host.example:1234");
        context.Request.Path = target.StartsWith('/') ? PathString.FromUriComponent(query < 0 ? target : target[..query]) : default;
        context.Request.QueryString = new(query < 0 ? "" : target[query..]);

        Assert.Equal(expected, redirect.LocationOf(context.Request, matched));
    }

    [Theory]
    [InlineData("")]
    [InlineData("302")]
    [InlineData("x https://a")]
    [InlineData("302 a/b")]
    public void Parse_SomethingElse_IsNone(string text) => Assert.Null(RedirectRule.Parse(text));
}
