using System.Net;
using Gateway.Configuration;
using Gateway.Tcp.Admission;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.FunctionalTests.Http;

/// <summary>
/// Access and limits of HTTP listeners: 403 and 429, on the client of the connection or, behind a trusted hop, of the request.
/// </summary>
public sealed class AdmissionTests
{
    private static readonly ForwardedHeadersConfig TrustLoopback = new() { TrustedProxies = ["127.0.0.1/32"] };

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connection_OfADeniedClient_IsAnswered403AndEnds(bool http2)
    {
        await using var backend = await HttpBackend.StartAsync();
        await using var gateway = await StartAsync(backend, listener => listener with
        {
            HttpVersion = http2 ? ListenerHttpVersion.Http2 : ListenerHttpVersion.Http1,
            Access = new() { Allow = ["127.0.0.0/8"], Deny = ["127.0.0.66/32"] },
        });

        using var admitted = await Visitor.ConnectAsync(gateway["web"], "127.0.0.7", http2: http2);
        await admitted.GetAsync();
        using var denied = await Visitor.ConnectAsync(gateway["web"], "127.0.0.66", http2: http2);
        using var response = await denied.SendAsync("");

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        await gateway.WaitForAccessLineAsync(static line => line.Contains("reason=access_denied detail=Denied", StringComparison.Ordinal));
        await gateway.WaitForAccessLineAsync(static line => line.Contains("status=403", StringComparison.Ordinal)
            && line.Contains("error=access_denied detail=Denied", StringComparison.Ordinal));
        await Eventually.TrueAsync(() => Live(gateway) == 1, "the connection ends");
    }

    [Fact]
    public async Task Connections_AboveTheClientsLimit_AreAnswered429UntilOneEnds()
    {
        await using var backend = await HttpBackend.StartAsync();
        await using var gateway = await StartAsync(
            backend, static listener => listener with { Limits = new() { PerClient = new() { MaxConnections = 2 } } });

        using var first = await Visitor.ConnectAsync(gateway["web"], "127.0.0.7");
        using var second = await Visitor.ConnectAsync(gateway["web"], "127.0.0.7");
        await first.GetAsync();
        await second.GetAsync();
        using var third = await Visitor.ConnectAsync(gateway["web"], "127.0.0.7");
        using (var refused = await third.SendAsync(""))
        {
            Assert.Equal((HttpStatusCode.TooManyRequests, true), (refused.StatusCode, refused.Headers.ConnectionClose));
        }

        using var other = await Visitor.ConnectAsync(gateway["web"], "127.0.0.8");
        await other.GetAsync();
        await first.GetAsync();
        first.Dispose();
        await Eventually.TrueAsync(() => Live(gateway) == 2, "the first has ended");
        using var next = await Visitor.ConnectAsync(gateway["web"], "127.0.0.7");
        await next.GetAsync();
    }

    [Fact]
    public async Task Connections_FasterThanTheRate_AreAnswered429UntilTimePasses()
    {
        await using var backend = await HttpBackend.StartAsync();
        await using var gateway = await StartAsync(
            backend, static listener => listener with { Limits = new() { PerClient = new() { ConnectionsPerSecond = 1, Burst = 2 } } });

        Assert.Equal([200, 200, 429, 429], await StatusesAsync(4));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([200, 429], await StatusesAsync(2));

        async Task<List<int>> StatusesAsync(int count)
        {
            var statuses = new List<int>();
            for (var i = 0; i < count; i++)
            {
                statuses.Add(RawClient.StatusOf(await RawClient.GetAsync(gateway["web"], "/", "Connection: close\r\n")));
            }

            return statuses;
        }
    }

    [Fact]
    public async Task Connections_AboveTheListenersLimit_AreAnswered429()
    {
        await using var backend = await HttpBackend.StartAsync();
        await using var gateway = await StartAsync(backend, static listener => listener with { Limits = new() { MaxConnections = 1 } });

        using var first = await Visitor.ConnectAsync(gateway["web"], "127.0.0.7");
        await first.GetAsync();
        Assert.Equal(429, RawClient.StatusOf(await RawClient.GetAsync(gateway["web"], "/")));
        await gateway.WaitForAccessLineAsync(static line => line.Contains("reason=listener_limit", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Connections_OfAProxyHeadersClients_AreCountedForThem()
    {
        await using var backend = await HttpBackend.StartAsync();
        await using var gateway = await StartAsync(backend, static listener => listener with
        {
            ProxyProtocol = HttpTestGateway.TrustLoopback,
            Limits = new() { PerClient = new() { MaxConnections = 1 } },
        });

        using var one = await AskAsync(WireHeader.V2("203.0.113.7:1", "198.51.100.1:80"), 200);
        using var same = await AskAsync(WireHeader.V2("203.0.113.7:2", "198.51.100.1:80"), 429);
        using var other = await AskAsync(WireHeader.V2("203.0.113.8:1", "198.51.100.1:80"), 200);
        using var check = await AskAsync(WireHeader.V2Local(), 200);
        using var anotherCheck = await AskAsync(WireHeader.V2Local(), 200);
        await gateway.WaitForAccessLineAsync(static line =>
            line.Contains("reason=client_limit detail=MaxConnections(203.0.113.7:2)", StringComparison.Ordinal));

        async Task<TcpPeer> AskAsync(byte[] header, int status)
        {
            var peer = await TcpPeer.ConnectAsync(gateway["web"]);
            await peer.SendAsync((byte[])[.. header, .. "GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8]);
            Assert.Equal(status, RawClient.StatusOf(await RawClient.ReadResponseAsync(peer)));
            return peer;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Requests_BehindATrustedHop_AreCountedForTheirClients(bool http2)
    {
        await using var backend = await HttpBackend.StartAsync();
        await using var gateway = await StartAsync(backend, listener => listener with
        {
            HttpVersion = http2 ? ListenerHttpVersion.Http2 : ListenerHttpVersion.Http1,
            ForwardedHeaders = TrustLoopback,
            Access = new() { Deny = ["192.0.2.66/32"] },
            Limits = new() { PerClient = new() { MaxConnections = 1 } },
        });
        using var hop = await Visitor.ConnectAsync(gateway["web"], "127.0.0.1", http2: http2);
        using var otherHop = await Visitor.ConnectAsync(gateway["web"], "127.0.0.1", http2: http2);

        var slow = hop.SendAsync("hold", "192.0.2.1");
        await backend.Held.Task.WaitAsync(Limits.Wait);
        Assert.Equal(429, await StatusAsync("192.0.2.1"));
        Assert.Equal(200, await StatusAsync("192.0.2.2"));
        Assert.Equal(200, await StatusAsync(null));
        Assert.Equal(403, await StatusAsync("192.0.2.66"));
        await gateway.WaitForAccessLineAsync(static line =>
            line.Contains("http client=192.0.2.1 ", StringComparison.Ordinal)
            && line.Contains("error=client_limit detail=MaxConnections", StringComparison.Ordinal));
        backend.Gate.SetResult();
        using (var answered = await slow)
        {
            Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
        }

        await gateway.WaitForAccessLineAsync(static line => line.Contains("path=/hold", StringComparison.Ordinal));
        Assert.Equal(200, await StatusAsync("192.0.2.1"));
        Assert.Equal(2, Live(gateway));

        async Task<int> StatusAsync(string? client)
        {
            using var response = await otherHop.SendAsync("", client);
            return (int)response.StatusCode;
        }
    }

    [Fact]
    public async Task Requests_BehindATrustedHop_HaveTheRateOfTheirClients()
    {
        await using var backend = await HttpBackend.StartAsync();
        await using var gateway = await StartAsync(backend, static listener => listener with
        {
            ForwardedHeaders = TrustLoopback,
            Limits = new() { PerClient = new() { ConnectionsPerSecond = 1, Burst = 2 } },
        });
        using var hop = await Visitor.ConnectAsync(gateway["web"], "127.0.0.1");

        var statuses = new List<int>();
        foreach (var client in new[] { "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2", null, null, null })
        {
            using var response = await hop.SendAsync("", client);
            statuses.Add((int)response.StatusCode);
        }

        Assert.Equal([200, 200, 429, 200, 200, 200, 200], statuses);
    }

    [Fact]
    public async Task Update_ClientThatIsDenied_IsRefusedOnItsOpenConnection()
    {
        await using var backend = await HttpBackend.StartAsync();
        await using var gateway = await StartAsync(backend, static listener => listener);
        using var client = await Visitor.ConnectAsync(gateway["web"], "127.0.0.7");
        await client.GetAsync();

        gateway.Update(HttpTestGateway.Config(
            backend.Http1, static listener => listener with { Access = new() { Deny = ["127.0.0.7/32"] } }));
        using var response = await client.SendAsync("");

        Assert.Equal((HttpStatusCode.Forbidden, true), (response.StatusCode, response.Headers.ConnectionClose));
        await Eventually.TrueAsync(() => Live(gateway) == 0, "the connection ends");
    }

    /// <summary>Those that are refused may not take the places of others: a quarter is answered, the rest is reset.</summary>
    [Fact]
    public async Task Connections_ManyThatAreRefused_LeaveRoom()
    {
        await using var backend = await HttpBackend.StartAsync();
        await using var gateway = await StartAsync(
            backend,
            static listener => listener with { Access = new() { Deny = ["127.0.0.66/32"] } },
            static services => services.AddSingleton(new ConnectionLimit(64)));
        var silent = new List<TcpPeer>();
        for (var i = 0; i < 16; i++)
        {
            silent.Add(await TcpPeer.ConnectAsync(gateway["web"].Port, "127.0.0.66"));
        }

        await Eventually.TrueAsync(() => Live(gateway) == 16, "they wait for an answer");
        // The reset may come before the connect has returned.
        var (to, from) = (new IPEndPoint(IPAddress.Loopback, gateway["web"].Port), new IPEndPoint(IPAddress.Parse("127.0.0.66"), 0));
        Assert.Equal(ConnectionEnd.Reset, await TcpPeer.ConnectToTheEndAsync(to, from));
        await silent[0].SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Equal(403, RawClient.StatusOf(await RawClient.ReadResponseAsync(silent[0])));
        await silent[0].WaitForEndAsync();
        // The client sees the end before the place for the answer is given back.
        await Eventually.TrueAsync(() => Live(gateway) == 15, "a place for an answer is free");
        using var answered = await TcpPeer.ConnectAsync(gateway["web"].Port, "127.0.0.66");
        await answered.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Equal(403, RawClient.StatusOf(await RawClient.ReadResponseAsync(answered)));
        silent.ForEach(static peer => peer.Dispose());
    }

    private static int Live(HttpTestGateway gateway) =>
        gateway.Services.GetRequiredService<Gateway.Http.Connections.HttpConnectionServices>().Live.Count;

    private Task<HttpTestGateway> StartAsync(
        HttpBackend backend, Func<ListenerConfig, ListenerConfig> listener, Action<IServiceCollection>? services = null) =>
        HttpTestGateway.StartAsync(HttpTestGateway.Config(backend.Http1, listener), services: all =>
        {
            all.AddSingleton(new ListenerAdmissions(_time));
            services?.Invoke(all);
        });
}
