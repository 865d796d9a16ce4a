using Gateway.Http.GatewayApi;

namespace Gateway.Tests.Http.GatewayApi;

/// <summary>Misdirected requests: the cases of HTTPRouteHTTPSListenerDetectMisdirectedRequests.</summary>
public sealed class ListenerNamesTests
{
    private static readonly ListenerNames Names = new(["", "second-example.org", "*.wildcard.org", "fourth-example.wildcard.org"]);

    [Theory]
    [InlineData("example.org", "example.org", false)]
    [InlineData("example.org", "second-example.org", true)]
    [InlineData("example.org", "unknown-example.org", false)]
    [InlineData("second-example.org", "second-example.org", false)]
    [InlineData("second-example.org", "SECOND-example.org", false)]
    [InlineData("second-example.org", "example.org", true)]
    [InlineData("second-example.org", "unknown-example.org", true)]
    [InlineData("third-example.wildcard.org", "third-example.wildcard.org", false)]
    [InlineData("third-example.wildcard.org", "fith-example.wildcard.org", false)]
    [InlineData("third-example.wildcard.org", "fourth-example.wildcard.org", true)]
    [InlineData("third-example.wildcard.org", "second-example.org", true)]
    [InlineData("fourth-example.wildcard.org", "fith-example.wildcard.org", true)]
    [InlineData("unknown-example.org", "example.org", false)]
    [InlineData("", "second-example.org", false)]
    public void AreDifferent_HandshakeAndHost_AsTheConformanceTestsSay(string serverName, string host, bool expected) =>
        Assert.Equal(expected, Names.AreDifferent(serverName, host));

    // No listener would be the right one: 404.
    [Fact]
    public void AreDifferent_HostOfNoListener_IsFalse() =>
        Assert.False(new ListenerNames(["a.example.com", "b.example.com"]).AreDifferent("a.example.com", "c.example.com"));
}
