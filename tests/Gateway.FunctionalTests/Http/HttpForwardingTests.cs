using System.Net;
using Gateway.Configuration;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.FunctionalTests.Http;

/// <summary>What a backend learns about the client, on connections without a PROXY header.</summary>
public sealed class HttpForwardingTests : IAsyncLifetime
{
    private HttpBackend _backend = null!;

    public async ValueTask InitializeAsync() => _backend = await HttpBackend.StartAsync();

    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Fact]
    public async Task Request_FromSocketPeer_HopAndClientAreThePeer()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1));
        using var client = ProxyClient.For(gateway["web"]);
        var seen = await client.ShowAsync();
        Assert.Equal("127.0.0.1", seen["X-Forwarded-For"]);
        Assert.Equal("127.0.0.1", seen["X-Real-IP"]);
        Assert.Equal("http", seen["X-Forwarded-Proto"]);
        Assert.Equal("gateway.example", seen["X-Forwarded-Host"]);
        Assert.False(seen.ContainsKey("X-Forwarded-Prefix"));
        Assert.Equal(new Uri(_backend.Http1).Authority, seen["Host"]);
    }

    [Fact]
    public async Task Request_FromUntrustedWithClaims_KeepsListAppendsHopAndBelievesNothing()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1));
        using var client = ProxyClient.For(gateway["web"]);
        var seen = await client.ShowAsync("show", ("X-Forwarded-For", "203.0.113.66"), ("X-Forwarded-For", "203.0.113.67, 10.0.0.1"), ("X-Real-IP", "203.0.113.66"),
            ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "forged.example"), ("X-Forwarded-Prefix", "/forged"), ("Forwarded", "for=203.0.113.66"), ("X-Forwarded-Port", "1"));
        Assert.Equal(["203.0.113.66", "203.0.113.67", "10.0.0.1", "127.0.0.1"], Entries(seen["X-Forwarded-For"]));
        Assert.Equal("127.0.0.1", seen["X-Real-IP"]);
        Assert.Equal("http", seen["X-Forwarded-Proto"]);
        Assert.Equal("gateway.example", seen["X-Forwarded-Host"]);
        Assert.False(seen.ContainsKey("X-Forwarded-Port"));
        Assert.False(seen.ContainsKey("X-Forwarded-Prefix"));
        Assert.False(seen.ContainsKey("Forwarded"));
    }

    /// <summary>What frameworks read beside the headers that the gateway sets.</summary>
    [Fact]
    public async Task Request_FromUntrustedWithOtherClaims_LosesThem()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1));
        using var client = ProxyClient.For(gateway["web"]);
        string[] claims = ["Port", "Ssl", "Scheme", "Protocol", "Server", "User", "Email", "Groups", "Uri", "Path", "By", "Tls-Client-Cert", "Access-Token"];
        var seen = await client.ShowAsync("show", [.. claims.Select(static claim => ($"X-Forwarded-{claim}", "forged")), ("X-Forwarded", "forged"), ("Forwarded-For", "forged")]);
        Assert.DoesNotContain(seen, static header => header.Value.Contains("forged", StringComparison.Ordinal));
    }

    /// <summary>A proxy that appends to X-Forwarded-For and lets the rest through as its client wrote it.</summary>
    [Fact]
    public async Task Request_ThroughATrustedProxy_CarriesOnlyWhatTheProxyVouchesFor()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1,
            listener => listener with { ForwardedHeaders = new() { TrustedProxies = ["127.0.0.0/8"], Drop = ["Known"] } }));
        using var client = ProxyClient.For(gateway["web"]);
        string[] forged = ["X-Forwarded-Host", "X-Forwarded-Prefix", "X-Forwarded-Ssl", "X-Forwarded-User", "X-Forwarded-Client-Cert", "X-Envoy-Internal", "True-Client-IP", "X-SSL-Client-Verify"];
        var seen = await client.ShowAsync("show", [.. forged.Select(static name => (name, "forged")), ("X-Forwarded-For", "198.51.100.7"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Port", "443")]);
        Assert.DoesNotContain(seen, static header => header.Value.Contains("forged", StringComparison.Ordinal));
        Assert.Equal("gateway.example", seen["X-Forwarded-Host"]);
        Assert.Equal(("198.51.100.7", "https", "443"), (seen["X-Real-IP"], seen["X-Forwarded-Proto"], seen["X-Forwarded-Port"]));
    }

    [Fact]
    public async Task Request_ThroughATrustedProxyThatVouchesForMore_CarriesThat()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1, listener => listener with
        {
            ForwardedHeaders = new() { TrustedProxies = ["127.0.0.0/8"], Drop = ["Known"], TrustedHeaders = ["For", "Host", "X-Forwarded-Client-Cert", "X-Envoy-*", "True-Client-IP"] },
        }));
        using var client = ProxyClient.For(gateway["web"]);
        var seen = await client.ShowAsync("show", ("X-Forwarded-For", "198.51.100.7"), ("X-Forwarded-Host", "shop.example"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Client-Cert", "cert"),
            ("X-Envoy-Internal", "true"), ("True-Client-IP", "198.51.100.7"), ("X-Client-IP", "203.0.113.66"));
        Assert.Equal(("shop.example", "cert", "true", "198.51.100.7"), (seen["X-Forwarded-Host"], seen["X-Forwarded-Client-Cert"], seen["X-Envoy-Internal"], seen["True-Client-IP"]));
        Assert.Equal("http", seen["X-Forwarded-Proto"]);
        Assert.False(seen.ContainsKey("X-Client-IP"));
    }

    /// <summary>Of a request that comes back through another proxy, again and again.</summary>
    [Fact]
    public async Task Request_ThatPassedTenGateways_IsALoop()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1,
            route: route => route with { Transforms = [new Dictionary<string, string> { ["RequestHeadersAllowed"] = "Accept" }] }));
        using var client = ProxyClient.For(gateway["web"]);
        var seen = await client.ShowAsync("show", ("CDN-Loop", "cdn.example; a=b"), ("CDN-Loop", string.Join(", ", Enumerable.Repeat("gateway", 9))));
        Assert.Equal(["cdn.example; a=b", .. Enumerable.Repeat("gateway", 10)], Entries(seen["CDN-Loop"]));
        using var request = new HttpRequestMessage(HttpMethod.Get, "show");
        request.Headers.Add("CDN-Loop", seen["CDN-Loop"]);
        Assert.Equal(HttpStatusCode.LoopDetected, (await client.SendAsync(request)).StatusCode);
        await gateway.WaitForAccessLineAsync(static line => line.Contains("status=508", StringComparison.Ordinal) && line.Contains("error=Loop", StringComparison.Ordinal));
    }

    /// <summary>For CGI, WSGI and Rack the two spellings are one header, and the forged one may win.</summary>
    [Theory]
    [InlineData(UntrustedForwardedHeaders.Keep, false)]
    [InlineData(UntrustedForwardedHeaders.Drop, false)]
    [InlineData(UntrustedForwardedHeaders.Keep, true)]
    public async Task Request_ClaimsWithUnderscores_AreDropped(UntrustedForwardedHeaders untrusted, bool trusted)
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1,
            listener => listener with { ForwardedHeaders = new() { TrustedProxies = [trusted ? "127.0.0.0/8" : "192.0.2.0/24"], Untrusted = untrusted } }));
        using var client = ProxyClient.For(gateway["web"]);
        var seen = await client.ShowAsync("show", ("X_Real_IP", "203.0.113.66"), ("x_forwarded-for", "203.0.113.66"), ("X.Forwarded~For", "203.0.113.66"), ("X-Forwarded_Port", "1"), ("My_Own", "stays"));
        Assert.DoesNotContain(seen, static header => header.Value.Contains("203.0.113.66", StringComparison.Ordinal));
        Assert.False(seen.ContainsKey("X-Forwarded_Port"));
        Assert.Equal("stays", seen["My_Own"]);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task EnvoyExternalAddress_Forged_NeverGetsThroughAndIsSetOnRequest(bool trusted, bool set)
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1,
            listener => listener with { ForwardedHeaders = new() { TrustedProxies = [trusted ? "127.0.0.0/8" : "192.0.2.0/24"], EnvoyExternalAddress = set } }));
        using var client = ProxyClient.For(gateway["web"]);
        var seen = await client.ShowAsync("show", ("X-Forwarded-For", "198.51.100.7"), ("x-envoy-external-address", "203.0.113.66"), ("X_Envoy_External_Address", "203.0.113.67"), ("X-Envoy-Internal", "true"),
            ("X-Forwarded-Client-Cert", "URI=spiffe://forged"), ("X_Forwarded_Client_Cert", "URI=spiffe://forged"));
        var client1 = trusted ? "198.51.100.7" : "127.0.0.1";
        Assert.Equal(set ? client1 : null, seen.GetValueOrDefault("X-Envoy-External-Address"));
        Assert.False(seen.ContainsKey("X_Envoy_External_Address"));
        Assert.False(seen.ContainsKey("X-Envoy-Internal"));
        Assert.False(seen.ContainsKey("X-Forwarded-Client-Cert"));
        Assert.False(seen.ContainsKey("X_Forwarded_Client_Cert"));
    }

    [Fact]
    public async Task EnvoyClaims_WithoutASection_AreDroppedToo()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1));
        using var client = ProxyClient.For(gateway["web"]);
        var seen = await client.ShowAsync("show", ("X-Envoy-External-Address", "203.0.113.66"), ("X-Envoy-Original-Path", "/forged"), ("X-Forwarded-Client-Cert", "URI=spiffe://forged"), ("X-Envoys", "stays"));
        Assert.DoesNotContain(seen.Keys, static name => name is "X-Envoy-External-Address" or "X-Envoy-Original-Path" or "X-Forwarded-Client-Cert");
        Assert.Equal("stays", seen["X-Envoys"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Drop_NamedHeaders_AreRemovedUnlessATrustedHopVouchesForThem(bool trusted)
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1,
            listener => listener with { ForwardedHeaders = new() { TrustedProxies = [trusted ? "127.0.0.0/8" : "192.0.2.0/24"], Drop = ["Known", "X-User", "X-Auth-*"], TrustedHeaders = ["For", "Known", "X-User", "X-Auth-*"] } }));
        using var client = ProxyClient.For(gateway["web"]);
        string[] forgeable = ["True-Client-IP", "true_client_ip", "CF-Connecting-IP", "X-Envoy-Peer-Metadata", "x-user", "X-Auth-Name", "X_Auth_Role"];
        var seen = await client.ShowAsync("show", [.. forgeable.Append("X-Users").Append("X-Aut").Append("X-Forwarded-For").Select(name => (name, "203.0.113.66"))]);
        Assert.All(forgeable, name => Assert.Equal(trusted, seen.ContainsKey(name)));
        Assert.Equal("203.0.113.66", seen["X-Users"]);
        Assert.Equal("203.0.113.66", seen["X-Aut"]);
        Assert.StartsWith("203.0.113.66", seen["X-Forwarded-For"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_FromTrustedProxy_ClientIsFoundAndItsWordStands()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1,
            listener => listener with { ForwardedHeaders = new() { TrustedProxies = ["cdn", "127.0.0.1/32"], TrustedHeaders = ["For", "Proto", "Host", "Prefix"] } })
            with
        { Networks = new Dictionary<string, IReadOnlyList<string>> { ["cdn"] = ["192.0.2.0/24"] } });
        using var client = ProxyClient.For(gateway["web"]);
        var seen = await client.ShowAsync("show", ("X-Forwarded-For", "203.0.113.66, 198.51.100.7, 192.0.2.9"), ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "shop.example"), ("X-Forwarded-Prefix", "/app"), ("X-Real-IP", "203.0.113.66"), ("Forwarded", "for=198.51.100.7"));
        Assert.Equal(["203.0.113.66", "198.51.100.7", "192.0.2.9", "127.0.0.1"], Entries(seen["X-Forwarded-For"]));
        Assert.Equal("198.51.100.7", seen["X-Real-IP"]);
        Assert.Equal("https", seen["X-Forwarded-Proto"]);
        Assert.Equal("shop.example", seen["X-Forwarded-Host"]);
        Assert.Equal("/app", seen["X-Forwarded-Prefix"]);
        Assert.False(seen.ContainsKey("Forwarded"));
    }

    [Theory]
    [InlineData(2, null, "203.0.113.66, 198.51.100.7, 192.0.2.9", "198.51.100.7", "https")]
    [InlineData(3, null, "198.51.100.7, 192.0.2.9", "127.0.0.1", "http")]
    [InlineData(2, "127.0.0.0/8", "203.0.113.66, 198.51.100.7, 192.0.2.9", "198.51.100.7", "https")]
    [InlineData(2, "192.0.2.0/24", "203.0.113.66, 198.51.100.7, 192.0.2.9", "127.0.0.1", "http")]
    public async Task Request_WithTrustedHops_ClientIsTheNthFromTheRight(int hops, string? proxies, string forwardedFor, string expected, string proto)
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1,
            listener => listener with { ForwardedHeaders = new() { TrustedHops = hops, TrustedProxies = proxies is null ? null : [proxies] } }));
        using var client = ProxyClient.For(gateway["web"]);
        var seen = await client.ShowAsync("show", ("X-Forwarded-For", forwardedFor), ("X-Forwarded-Proto", "https"));
        Assert.Equal(expected, seen["X-Real-IP"]);
        Assert.Equal(proto, seen["X-Forwarded-Proto"]);
        Assert.EndsWith("127.0.0.1", seen["X-Forwarded-For"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_FromUntrustedWithDrop_ClaimsAreGone()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1,
            listener => listener with { ForwardedHeaders = new() { TrustedProxies = ["10.0.0.0/8"], Untrusted = UntrustedForwardedHeaders.Drop } }));
        using var client = ProxyClient.For(gateway["web"]);
        var seen = await client.ShowAsync("show", ("X-Forwarded-For", "203.0.113.66"), ("X_Forwarded_For", "203.0.113.66"), ("X-Real-IP", "203.0.113.66"),
            ("Forwarded", "for=203.0.113.66"), ("X-Forwarded-Port", "1"), ("X-Forwarded", "203.0.113.66"), ("Forwarded-For", "203.0.113.66"), ("X-Other", "kept"));
        Assert.Equal("127.0.0.1", seen["X-Forwarded-For"]);
        Assert.Equal("127.0.0.1", seen["X-Real-IP"]);
        Assert.Equal("kept", seen["X-Other"]);
        Assert.DoesNotContain(seen.Keys, key => key is "X_Forwarded_For" or "X-Forwarded-Port" or "X-Forwarded" or "Forwarded-For" or "Forwarded");
    }

    [Fact]
    public async Task Request_FromTrustedWithDrop_ClaimsStay()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1,
            listener => listener with { ForwardedHeaders = new() { TrustedProxies = ["127.0.0.0/8"], Untrusted = UntrustedForwardedHeaders.Drop } }));
        using var client = ProxyClient.For(gateway["web"]);
        var seen = await client.ShowAsync("show", ("X-Forwarded-For", "198.51.100.7"), ("X-Forwarded-Port", "443"));
        Assert.Equal("198.51.100.7", seen["X-Real-IP"]);
        Assert.Equal("443", seen["X-Forwarded-Port"]);
        Assert.Equal(["198.51.100.7", "127.0.0.1"], Entries(seen["X-Forwarded-For"]));
    }

    [Fact]
    public async Task Request_RouteSetsXForwarded_RouteWins()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1,
            route: route => route with { Transforms = [new Dictionary<string, string> { ["X-Forwarded"] = "Set", ["Host"] = "Off" }] }));
        using var client = ProxyClient.For(gateway["web"]);
        var seen = await client.ShowAsync("show", ("X-Forwarded-For", "203.0.113.66"), ("X-Forwarded-Host", "forged.example"));
        Assert.Equal("127.0.0.1", seen["X-Forwarded-For"]);
        // Off: nobody sets it, and an untrusted client may not.
        Assert.False(seen.ContainsKey("X-Forwarded-Host"));
        Assert.Equal("127.0.0.1", seen["X-Real-IP"]);
    }

    [Fact]
    public async Task Request_RouteAsksForForwarded_GetsItInPlaceOfXForwarded()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1,
            route: route => route with { Transforms = [new Dictionary<string, string> { ["Forwarded"] = "for,proto", ["ForFormat"] = "Ip", ["Action"] = "Append" }] }));
        using var client = ProxyClient.For(gateway["web"]);
        var seen = await client.ShowAsync("show", ("Forwarded", "for=203.0.113.66"));
        Assert.Matches("^for=203\\.0\\.113\\.66, ?(proto=http;for=127\\.0\\.0\\.1|for=127\\.0\\.0\\.1;proto=http)$", seen["Forwarded"]);
        Assert.False(seen.ContainsKey("X-Forwarded-For"));
    }

    [Fact]
    public async Task Request_RouteLetsFewHeadersThrough_HopIsStillLast()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1,
            route: route => route with { Transforms = [new Dictionary<string, string> { ["RequestHeadersAllowed"] = "X-Forwarded-For;Accept" }] }));
        using var client = ProxyClient.For(gateway["web"]);
        var seen = await client.ShowAsync("show", ("X-Forwarded-For", "203.0.113.66"), ("X-Other", "dropped"));
        Assert.Equal(["203.0.113.66", "127.0.0.1"], Entries(seen["X-Forwarded-For"]));
        Assert.False(seen.ContainsKey("X-Other"));
    }

    [Fact]
    public async Task Request_OverDualStackListener_MappedAddressIsWrittenAsIPv4()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1,
            listener => listener with { ForwardedHeaders = new() { TrustedProxies = ["127.0.0.0/8"] } }), IPAddress.IPv6Any);
        using var client = ProxyClient.For(new IPEndPoint(IPAddress.Loopback, gateway["web"].Port));
        var seen = await client.ShowAsync("show", ("X-Forwarded-For", "::ffff:198.51.100.7"));
        Assert.EndsWith(" 127.0.0.1", seen["X-Forwarded-For"], StringComparison.Ordinal);
        Assert.Equal("198.51.100.7", seen["X-Real-IP"]);
    }

    [Fact]
    public async Task Request_WithAccessLog_IsOneLineThatNamesEverything()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1,
            listener => listener with { ForwardedHeaders = new() { TrustedProxies = ["127.0.0.0/8"] } }));
        using var client = ProxyClient.For(gateway["web"]);
        var body = await client.GetStringAsync("show/me%0Aforged?secret=1");
        _ = await client.ShowAsync("other", ("X-Forwarded-For", "198.51.100.7"));
        var line = await gateway.WaitForAccessLineAsync(line => line.Contains("/show/me", StringComparison.Ordinal));
        Assert.Matches("^http client=127\\.0\\.0\\.1 hop=127\\.0\\.0\\.1:\\d+ peer=127\\.0\\.0\\.1:\\d+ source=Socket listener=web route=all cluster=backend destination=one "
            + $"host=gateway\\.example received=0 method=GET path=/show/me%0Aforged status=200 sent={body.Length} duration=[\\d.]+ms error=- detail=- tlvs=- id=[0-9a-f]{{16}}-[0-9A-Z]+$", line);
        await gateway.WaitForAccessLineAsync(line => line.StartsWith("http client=198.51.100.7 hop=127.0.0.1:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Request_NoRouteOrNoDestination_IsAnsweredAsYarpDoes()
    {
        var config = HttpTestGateway.Config(_backend.Http1, route: route => route with { Match = new RouteMatch { Path = "/known/{**rest}" } });
        var empty = new ClusterConfig { ClusterId = "empty" };
        config = config with
        {
            ReverseProxy = new ReverseProxyConfig
            {
                Routes = [.. config.ReverseProxy.Routes, new RouteConfig { RouteId = "empty", ClusterId = "empty", Match = new RouteMatch { Path = "/empty" } }],
                Clusters = [.. config.ReverseProxy.Clusters, empty, new ClusterConfig { ClusterId = "dead", Destinations = new Dictionary<string, DestinationConfig> { ["x"] = new() { Address = "http://127.0.0.1:1" } } }],
            },
        };
        config = config with { ReverseProxy = config.ReverseProxy with { Routes = [.. config.ReverseProxy.Routes, new RouteConfig { RouteId = "dead", ClusterId = "dead", Match = new RouteMatch { Path = "/dead" } }] } };
        await using var gateway = await HttpTestGateway.StartAsync(config);
        using var client = ProxyClient.For(gateway["web"]);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("unknown")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("empty")).StatusCode);
        Assert.Equal(HttpStatusCode.BadGateway, (await client.GetAsync("dead")).StatusCode);
        Assert.Contains("route=- cluster=- destination=-", await gateway.WaitForAccessLineAsync(line => line.Contains("path=/unknown status=404", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("error=NoAvailableDestinations", await gateway.WaitForAccessLineAsync(line => line.Contains("path=/empty status=503", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Matches("error=Request detail=to:127.0.0.1:1,ConnectionRefused,attempts:1 ", await gateway.WaitForAccessLineAsync(line => line.Contains("path=/dead status=502", StringComparison.Ordinal)));
    }

    private static string[] Entries(string header) => header.Split(',', StringSplitOptions.TrimEntries);
}
