using System.Net.Sockets;
using System.Text;
using Gateway.Configuration;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Http;

/// <summary>TLVs and connection ids as request headers, which no client can forge.</summary>
public sealed class TlvHeaderTests : IAsyncLifetime
{
    private HttpBackend _backend = null!;

    public async ValueTask InitializeAsync() => _backend = await HttpBackend.StartAsync();

    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Fact]
    public async Task Tlvs_OfATrustedHeader_AreToldAndForgedOnesRemoved()
    {
        await using var gateway = await StartAsync();
        using var client = ProxyClient.For(gateway["web"], WireHeader.V2("203.0.113.7:4711", "192.0.2.1:443", (0xEA, [1, .. "vpce-1"u8]), (0xEE, [9, 9])));
        var first = await client.ShowAsync("show/1", ("X-Vpce", "forged"), ("x_vpce", "forged"), ("X-Link", "forged"), ("X-Conn", "forged"), ("X-Other", "kept"));
        var second = await client.ShowAsync("show/2");

        Assert.Equal("vpce-1", first["X-Vpce"]);
        Assert.DoesNotContain("x_vpce", first.Keys);
        Assert.DoesNotContain("X-Link", first.Keys);
        Assert.Equal("kept", first["X-Other"]);
        Assert.Equal(first["X-Conn"], second["X-Conn"]);
        var line = await gateway.WaitForAccessLineAsync(line => line.Contains("path=/show/2", StringComparison.Ordinal));
        Assert.EndsWith($" tlvs=AwsVpcEndpointId:vpce-1,0xEE id={first["X-Conn"]}", line, StringComparison.Ordinal);
    }

    /// <summary>ztunnel's header: its bytes as ztunnel's own write_proxy_protocol makes them.</summary>
    [Fact]
    public async Task SpiffeId_OfTheMesh_IsToldAndItsTrustDomainDecides()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1, listener => listener with
        {
            ProxyProtocol = HttpTestGateway.TrustLoopback,
            TlvHeaders = new Dictionary<string, string> { ["SpiffeId"] = "X-Caller-Id" },
            Access = new() { TrustDomains = ["cluster.local"] },
        }));
        using var caller = Caller("spiffe://cluster.local/ns/shop/sa/cart");
        var seen = await caller.ShowAsync(
            "show", ("X-Caller-Id", "spiffe://cluster.local/ns/kube-system/sa/admin"), ("x_caller_id", "forged"));

        Assert.Equal("spiffe://cluster.local/ns/shop/sa/cart", seen["X-Caller-Id"]);
        Assert.DoesNotContain("x_caller_id", seen.Keys);
        await gateway.WaitForAccessLineAsync(static line =>
            line.Contains(" tlvs=SpiffeId:spiffe://cluster.local/ns/shop/sa/cart ", StringComparison.Ordinal));

        using var stranger = Caller("spiffe://other.example/ns/shop/sa/cart");
        using var refused = await stranger.GetAsync(new Uri("/show", UriKind.Relative));
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, refused.StatusCode);
        await gateway.WaitForAccessLineAsync(static line =>
            line.Contains("error=access_denied detail=NotInTrustDomain", StringComparison.Ordinal));

        HttpClient Caller(string id) =>
            ProxyClient.For(gateway["web"], WireHeader.V2("10.244.1.7:41822", "10.96.3.4:8080", (0xD0, Encoding.ASCII.GetBytes(id))));
    }

    [Theory]
    [InlineData(0x07, 0, "Jane Doe")]
    [InlineData(0x05, 0, "Jane Doe")]
    [InlineData(0x07, 18, null)]
    [InlineData(0x01, 0, null)]
    [InlineData(0x06, 0, null)]
    public async Task ClientCertificate_OfATrustedHeader_IsToldIfItWasVerified(byte client, byte verify, string? expected)
    {
        var config = HttpTestGateway.Config(_backend.Http1, listener => listener with
        {
            ProxyProtocol = HttpTestGateway.TrustLoopback,
            TlvHeaders = new Dictionary<string, string> { ["SslClientCn"] = "X-Client-Cn", ["SslClientCert"] = "X-Client-Cert", ["sslverify"] = "X-Client-Verify", ["SslVersion"] = "X-Tls" },
        });
        await using var gateway = await HttpTestGateway.StartAsync(config);
        byte[] ssl = [client, 0, 0, 0, verify, 0x21, 0, 7, .. "TLSv1.3"u8, 0x22, 0, 8, .. "Jane Doe"u8, 0x28, 0, 3, 1, 2, 3];
        using var peer = ProxyClient.For(gateway["web"], WireHeader.V2("203.0.113.7:4711", "192.0.2.1:443", (0x20, ssl)));
        var seen = await peer.ShowAsync("show", ("X-Client-Cn", "forged"), ("X_Client_Cert", "forged"), ("X-Client-Verify", "SUCCESS"), ("X-Tls", "forged"));

        Assert.Equal(expected, seen.GetValueOrDefault("X-Client-Cn"));
        Assert.Equal(expected is null ? null : ":AQID:", seen.GetValueOrDefault("X-Client-Cert"));
        Assert.Equal(client == 0x06 ? null : expected is not null ? "SUCCESS" : verify != 0 ? "FAILED:18" : "NONE", seen.GetValueOrDefault("X-Client-Verify"));
        Assert.Equal(client == 0x06 ? null : "TLSv1.3", seen.GetValueOrDefault("X-Tls"));
        Assert.DoesNotContain("X_Client_Cert", seen.Keys);
    }

    [Theory]
    [InlineData(0x01, null, "https")]
    [InlineData(0x07, null, "https")]
    [InlineData(0x06, null, "http")]
    [InlineData(null, null, "http")]
    [InlineData(0x01, "127.0.0.1", "https")]
    [InlineData(0x01, "203.0.113.7", "wss")]
    [InlineData(0x00, "203.0.113.7", "wss")]
    public async Task Proto_BehindALoadBalancerThatEndsTls_IsHttpsUnlessATrustedHopSaidSomething(int? client, string? trusted, string expected)
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1, listener => listener with
        {
            ProxyProtocol = HttpTestGateway.TrustLoopback,
            ForwardedHeaders = trusted is null ? null : new ForwardedHeadersConfig { TrustedProxies = [$"{trusted}/32"] },
        }));
        (byte, byte[])[] tlvs = client is { } flags ? [(0x20, [(byte)flags, 0, 0, 0, 0])] : [(0x02, [.. "example.org"u8])];
        using var peer = ProxyClient.For(gateway["web"], WireHeader.V2("203.0.113.7:4711", "192.0.2.1:443", tlvs));
        var seen = await peer.ShowAsync("show", ("X-Forwarded-Proto", "wss"));

        Assert.Equal(expected, seen["X-Forwarded-Proto"]);
    }

    [Fact]
    public async Task Tlvs_Repeated_TheFirstOfEachCounts()
    {
        await using var gateway = await StartAsync();
        using var client = ProxyClient.For(gateway["web"], WireHeader.V2(
            "203.0.113.7:4711", "192.0.2.1:443", (0xEA, [9, 9]), (0xEA, [1, .. "vpce-1"u8]), (0xEA, [1, .. "vpce-2"u8]), (0xEE, [1, 1]), (0xEE, [1, 1, 0, 0, 0])));
        var seen = await client.ShowAsync("show");

        Assert.Equal("vpce-1", seen["X-Vpce"]);
        // The first has not the layout: there is no value.
        Assert.DoesNotContain("X-Link", seen.Keys);
    }

    [Fact]
    public async Task Tlvs_AnotherListener_TheNamesAreNobodysThereEither()
    {
        await using var gateway = await StartAsync();
        using var client = ProxyClient.For(gateway["plain"]);
        var seen = await client.ShowAsync("show", ("X-Vpce", "forged"), ("X-Conn", "forged"), ("X_Link", "forged"));

        Assert.DoesNotContain(seen.Keys, static name => name.Replace('_', '-').ToUpperInvariant() is "X-VPCE" or "X-CONN" or "X-LINK");
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task NestedHeader_OnAnHttpListener_ReachesNoBackend(bool isV2, bool isLate)
    {
        await using var gateway = await StartAsync();
        using var socket = await ProxyClient.ConnectAsync(gateway["web"]);
        var nested = isV2 ? WireHeader.V2("192.0.2.66:1", "192.0.2.1:443") : Encoding.ASCII.GetBytes("PROXY TCP4 192.0.2.66 192.0.2.1 1 2\r\n");
        var request = "GET /show/nested HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8.ToArray();
        var first = WireHeader.V2("203.0.113.7:4711", "192.0.2.1:443");
        await socket.SendAsync((byte[])[.. first, .. isLate ? nested.AsSpan(0, 3) : nested, .. isLate ? [] : request]);
        if (isLate)
        {
            await socket.SendAsync((byte[])[.. nested.AsSpan(3), .. request]);
        }

        var answer = new byte[4096];
        var length = 0;
        try
        {
            length = await socket.ReceiveAsync(answer).WaitAsync(Limits.Wait);
        }
        catch (SocketException)
        {
            // Refused with RST.
        }

        Assert.DoesNotContain("200 OK", Encoding.ASCII.GetString(answer, 0, length), StringComparison.Ordinal);
        Assert.DoesNotContain(gateway.Logs.GetSnapshot(), static record => record.Message.Contains("path=/show/nested", StringComparison.Ordinal));
        if (!isLate)
        {
            await gateway.WaitForAccessLineAsync(line => line.EndsWith("reason=proxy_protocol detail=NestedHeader", StringComparison.Ordinal));
        }
    }

    private Task<HttpTestGateway> StartAsync()
    {
        var config = HttpTestGateway.Config(_backend.Http1);
        var web = config.Listeners["web"];
        return HttpTestGateway.StartAsync(config with
        {
            Listeners = new Dictionary<string, ListenerConfig>
            {
                ["web"] = web with
                {
                    ProxyProtocol = HttpTestGateway.TrustLoopback,
                    TlvHeaders = new Dictionary<string, string> { ["AwsVpcEndpointId"] = "X-Vpce", ["AzurePrivateLinkId"] = "X-Link", ["ConnectionId"] = "X-Conn" },
                },
                ["plain"] = web,
            },
        });
    }
}
