using System.Net.Sockets;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Policy;

/// <summary>The table of who may come with or without a header, each cell over real sockets.</summary>
public abstract class PolicyTableTests
{
    private const string Client = "203.0.113.7:5555";
    private static readonly byte[] V1 = WireHeader.V1(Client, "192.0.2.1:443");
    private static readonly byte[] V2 = WireHeader.V2(Client, "192.0.2.1:443");
    private readonly PolicyGateway _fixture;

    protected PolicyTableTests(PolicyGateway fixture)
    {
        _fixture = fixture;
        _fixture.Backend.DropPending();
    }


    public static TheoryData<int> Versions => [1, 2];

    [Theory]
    [InlineData("required", 1)]
    [InlineData("required", 2)]
    [InlineData("direct", 1)]
    [InlineData("direct", 2)]
    [InlineData("optional", 1)]
    [InlineData("optional", 2)]
    [InlineData("only-v2", 2)]
    public async Task TrustedPeer_SendsAHeader_IsBelieved(string listener, int version)
    {
        using var client = await _fixture.ConnectAsync(listener, PolicyGateway.Trusted);
        await client.SendAsync((byte[])[.. version == 1 ? V1 : V2, .. "payload"u8]);

        using var backend = await _fixture.Backend.NextAsync();
        var header = await WireHeader.ReadAsync(backend);

        Assert.Equal(Client, header.Source!.ToString());
        Assert.Equal("192.0.2.1:443", header.Destination!.ToString());
        Assert.Equal("payload", await backend.ReadTextAsync(7));
        await AssertEchoesBackAsync(client, backend);
    }

    [Theory]
    [InlineData("required", PolicyGateway.Trusted)]
    [InlineData("required", PolicyGateway.Checker)]
    [InlineData("optional", PolicyGateway.Trusted)]
    [InlineData("direct", PolicyGateway.Trusted)]
    public async Task LocalOrUnknown_FromAPeerThatMaySendIt_MakesThePeerTheClient(string listener, string from)
    {
        foreach (var header in new[] { WireHeader.V2Local(), WireHeader.V2Local((3, new byte[4])), "PROXY UNKNOWN\r\n"u8.ToArray(), "PROXY UNKNOWN ffff:: ffff:: 1 2\r\n"u8.ToArray() })
        {
            using var client = await _fixture.ConnectAsync(listener, from);
            await client.SendAsync((byte[])[.. header.Length > 16 && header[0] == 0x0D ? WireHeader.WithChecksum(header) : header, .. "payload"u8]);

            using var backend = await _fixture.Backend.NextAsync();
            var sent = await WireHeader.ReadAsync(backend);

            Assert.False(sent.Local);
            Assert.Equal(client.Local, sent.Source);
            Assert.Equal(client.Remote, sent.Destination);
            Assert.Equal("payload", await backend.ReadTextAsync(7));
        }
    }

    [Fact]
    public async Task TrustedPeer_SendsLocalAndWaitsForTheServer_GetsItsBanner()
    {
        using var client = await _fixture.ConnectAsync("required", PolicyGateway.Trusted);
        await client.SendAsync(WireHeader.V2Local());

        using var backend = await _fixture.Backend.NextAsync();
        Assert.Equal(client.Local, (await WireHeader.ReadAsync(backend)).Source);
        await AssertEchoesBackAsync(client, backend);
    }

    [Theory]
    [InlineData(PolicyGateway.Trusted)]
    [InlineData(PolicyGateway.Checker)]
    public async Task Check_SendsLocalAndCloses_IsSilentAndCounted(string from)
    {
        var dialed = _fixture.Backend.Accepted;
        var counted = (await _fixture.Gateway.MetricsAsync()).Sum("gateway_tcp_health_checks_total", ("listener", "required"));
        using var orderly = await _fixture.ConnectAsync("required", from);
        await orderly.SendAsync(WireHeader.V2Local());
        orderly.ShutdownSend();
        await orderly.WaitForEndAsync();
        using var rude = await _fixture.ConnectAsync("required", from);
        await rude.SendAsync(WireHeader.V2Local());
        rude.Reset();

        await _fixture.Gateway.WaitForMetricAsync("gateway_tcp_health_checks_total", v => v >= counted + 2, ("listener", "required"));
        Assert.Equal(dialed, _fixture.Backend.Accepted);
    }

    [Fact]
    public async Task TrustedPeer_SendsNothing_IsCutAtHeaderTimeoutWithItsReason()
    {
        var before = _fixture.Backend.Accepted;
        using var client = await _fixture.ConnectAsync("required", PolicyGateway.Trusted);

        await client.WaitForEndAsync();

        Assert.Equal(before, _fixture.Backend.Accepted);
        await _fixture.Gateway.WaitForMetricAsync("gateway_proxy_protocol_received_total", v => v >= 1, ("listener", "required"), ("result", "absent_rejected"));
        await _fixture.Gateway.WaitForAccessAsync(client.Local.ToString(), "HeaderMissing");
    }

    [Fact]
    public async Task TrustedPeer_SendsPayloadWhereAHeaderIsRequired_IsRefusedAndNothingPasses()
    {
        var before = _fixture.Backend.Accepted;
        using var client = await _fixture.ConnectAsync("required", PolicyGateway.Trusted);
        await client.SendAsync("GET / HTTP/1.1\r\n\r\n");

        await client.WaitForEndAsync();

        Assert.Equal(before, _fixture.Backend.Accepted);
        await _fixture.Gateway.WaitForAccessAsync(client.Local.ToString());
    }

    [Theory]
    [InlineData("optional", PolicyGateway.Trusted)]
    [InlineData("optional", PolicyGateway.Checker)]
    [InlineData("required", PolicyGateway.Checker)]
    [InlineData("direct", PolicyGateway.Neither)]
    [InlineData("none", PolicyGateway.Neither)]
    public async Task PeerThatMayComeWithoutAHeader_SendsPayload_IsTheClient(string listener, string from)
    {
        using var client = await _fixture.ConnectAsync(listener, from);
        await client.SendAsync("PR is not a header");

        using var backend = await _fixture.Backend.NextAsync();

        Assert.Equal(client.Local, (await WireHeader.ReadAsync(backend)).Source);
        Assert.Equal("PR is not a header", await backend.ReadTextAsync(18));
        await AssertEchoesBackAsync(client, backend);
    }

    [Theory]
    [InlineData("optional", PolicyGateway.Trusted)]
    [InlineData("direct", PolicyGateway.Neither)]
    [InlineData("none", PolicyGateway.Neither)]
    public async Task SilentClient_OfAServerThatSpeaksFirst_GetsItsBanner(string listener, string from)
    {
        using var client = await _fixture.ConnectAsync(listener, from);

        using var backend = await _fixture.Backend.NextAsync();
        Assert.Equal(client.Local, (await WireHeader.ReadAsync(backend)).Source);
        await backend.SendAsync("220 hello\r\n");

        Assert.Equal("220 hello", await client.ReadLineAsync());
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task TrustedPeer_SendsItsHeaderAfterOptionalWait_EndsAsLateHeader(int version)
    {
        using var client = await _fixture.ConnectAsync("optional", PolicyGateway.Trusted);
        using var backend = await _fixture.Backend.NextAsync();
        await WireHeader.ReadAsync(backend);

        await client.SendAsync(version == 1 ? V1 : V2);

        Assert.Equal(ConnectionEnd.Reset, await client.WaitForEndAsync());
        await AssertNoHeaderPassedAsync(backend);
        await _fixture.Gateway.WaitForAccessAsync(client.Local.ToString(), "LateHeader");
    }

    /// <summary>What could become a header and does not is payload, also when the client waits for an answer to it.</summary>
    [Theory]
    [InlineData("optional", PolicyGateway.Trusted, "P")]
    [InlineData("optional", PolicyGateway.Trusted, "\r\n")]
    [InlineData("optional", PolicyGateway.Checker, "P")]
    [InlineData("required", PolicyGateway.Checker, "\r\n")]
    public async Task PeerThatMayComeWithoutAHeader_SendsWhatCouldBecomeOneAndWaits_IsTheClient(string listener, string from, string sent)
    {
        using var client = await _fixture.ConnectAsync(listener, from);
        await client.SendAsync(sent);

        using var backend = await _fixture.Backend.NextAsync();
        Assert.Equal(client.Local, (await WireHeader.ReadAsync(backend)).Source);
        Assert.Equal(sent, await backend.ReadTextAsync(sent.Length));
        await AssertEchoesBackAsync(client, backend);
        await client.SendAsync("ING");
        Assert.Equal("ING", await backend.ReadTextAsync(3));
    }

    [Theory]
    [InlineData(PolicyGateway.Trusted, 1)]
    [InlineData(PolicyGateway.Trusted, 2)]
    [InlineData(PolicyGateway.Checker, 1)]
    public async Task PeerThatMayComeWithoutAHeader_CompletesASignatureAfterOptionalWait_EndsAsLateHeader(string from, int version)
    {
        var header = version == 1 ? V1 : V2;
        using var client = await _fixture.ConnectAsync("optional", from);
        await client.SendAsync(header.AsMemory(0, 2));
        using var backend = await _fixture.Backend.NextAsync();
        await WireHeader.ReadAsync(backend);

        await client.SendAsync(header.AsMemory(2));

        Assert.Equal(ConnectionEnd.Reset, await client.WaitForEndAsync());
        await AssertNoHeaderPassedAsync(backend);
        await _fixture.Gateway.WaitForAccessAsync(client.Local.ToString(), "LateHeader");
    }

    /// <summary>A signature that is complete is a header, and has HeaderTimeout.</summary>
    [Theory]
    [InlineData(1, 6)]
    [InlineData(2, 12)]
    public async Task TrustedPeer_SendsItsHeaderSlowlyWhereItIsOptional_IsBelieved(int version, int first)
    {
        var header = version == 1 ? V1 : V2;
        var before = _fixture.Backend.Accepted;
        using var client = await _fixture.ConnectAsync("optional", PolicyGateway.Trusted);
        await client.SendAsync(header.AsMemory(0, first));
        // The peer's tempo is what is tested: more than OptionalWait.
        await Tempo.PauseAsync(TimeSpan.FromMilliseconds(1500));
        Assert.Equal(before, _fixture.Backend.Accepted);
        await client.SendAsync(header.AsMemory(first));

        using var backend = await _fixture.Backend.NextAsync();
        Assert.Equal(Client, (await WireHeader.ReadAsync(backend)).Source!.ToString());
    }

    [Theory]
    [InlineData("required", 1)]
    [InlineData("required", 2)]
    [InlineData("optional", 2)]
    public async Task HealthChecker_ClaimsAnAddress_IsRefused(string listener, int version)
    {
        var before = _fixture.Backend.Accepted;
        using var client = await _fixture.ConnectAsync(listener, PolicyGateway.Checker);
        await client.SendAsync((byte[])[.. version == 1 ? V1 : V2, .. "payload"u8]);

        await client.WaitForEndAsync();

        Assert.Equal(before, _fixture.Backend.Accepted);
        await _fixture.Gateway.WaitForAccessAsync(client.Local.ToString(), "UntrustedHeader");
    }

    [Theory]
    [InlineData("required", PolicyGateway.Checker)]
    [InlineData("required", PolicyGateway.Trusted)]
    [InlineData("optional", PolicyGateway.Checker)]
    [InlineData("direct", PolicyGateway.Trusted)]
    public async Task AdmittedPeer_ConnectsAndCloses_IsSilentAndCounted(string listener, string from)
    {
        var dialed = _fixture.Backend.Accepted;
        var counted = (await _fixture.Gateway.MetricsAsync()).Sum("gateway_tcp_health_checks_total", ("listener", listener));
        using var orderly = await _fixture.ConnectAsync(listener, from);
        orderly.ShutdownSend();
        await orderly.WaitForEndAsync();
        using var rude = await _fixture.ConnectAsync(listener, from);
        rude.Reset();

        await _fixture.Gateway.WaitForMetricAsync("gateway_tcp_health_checks_total", v => v >= counted + 2, ("listener", listener));
        Assert.Equal(dialed, _fixture.Backend.Accepted);
        Assert.DoesNotContain(_fixture.Gateway.Complaints(), l => l.Contains($"{orderly.Local}", StringComparison.Ordinal) || l.Contains($"{rude.Local}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("required")]
    [InlineData("optional")]
    [InlineData("only-v2")]
    public async Task UnknownPeer_WhereUntrustedIsReject_IsRefusedAtOnce(string listener)
    {
        var before = _fixture.Backend.Accepted;
        try
        {
            using var client = await _fixture.ConnectAsync(listener, PolicyGateway.Neither);
            await client.WaitForEndAsync();
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // So much at once that connect() already learns it.
        }

        Assert.Equal(before, _fixture.Backend.Accepted);
        await _fixture.Gateway.WaitForMetricAsync("gateway_proxy_protocol_received_total", v => v >= 1, ("listener", listener), ("result", "untrusted"));
        await _fixture.Gateway.WaitForAccessAsync(PolicyGateway.Neither, listener, "UntrustedPeer");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task UnknownPeer_WhereUntrustedIsDirect_NeverGetsAHeaderThrough(int version)
    {
        using var client = await _fixture.ConnectAsync("direct", PolicyGateway.Neither);
        await client.SendAsync(version == 1 ? V1 : V2);

        await client.WaitForEndAsync();

        await AssertNothingClaimedAsync(client);
        await _fixture.Gateway.WaitForAccessAsync(client.Local.ToString(), "UntrustedHeader");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task UnknownPeer_WhereUntrustedIsDirect_NeverGetsASplitHeaderThrough(int version)
    {
        using var client = await _fixture.ConnectAsync("direct", PolicyGateway.Neither);
        try
        {
            foreach (var b in version == 1 ? V1 : V2)
            {
                await client.SendAsync(new[] { b });
            }
        }
        catch (SocketException)
        {
            // It is cut as soon as the signature is complete.
        }

        await client.WaitForEndAsync();

        await AssertNothingClaimedAsync(client);
        await _fixture.Gateway.WaitForAccessAsync(client.Local.ToString(), "UntrustedHeader");
    }

    [Theory]
    [InlineData("0.0.0.0:1", "192.0.2.1:1")]
    [InlineData("224.0.0.1:1", "192.0.2.1:1")]
    [InlineData("239.255.255.255:1", "192.0.2.1:1")]
    [InlineData("255.255.255.255:1", "192.0.2.1:1")]
    [InlineData("[::]:1", "[2001:db8::1]:1")]
    [InlineData("[ff02::1]:1", "[2001:db8::1]:1")]
    public async Task TrustedPeer_ClaimsAnAddressThatNoClientHas_IsRefused(string source, string destination)
    {
        var before = _fixture.Backend.Accepted;
        foreach (var header in new[] { WireHeader.V1(source, destination), WireHeader.V2(source, destination) })
        {
            using var client = await _fixture.ConnectAsync("required", PolicyGateway.Trusted);
            await client.SendAsync((byte[])[.. header, .. "payload"u8]);
            await client.WaitForEndAsync();
            await _fixture.Gateway.WaitForAccessAsync(client.Local.ToString());
        }

        Assert.Equal(before, _fixture.Backend.Accepted);
    }

    [Fact]
    public async Task TrustedPeer_SendsAVersionThatIsNotAllowed_IsRefused()
    {
        var before = _fixture.Backend.Accepted;
        using var client = await _fixture.ConnectAsync("only-v2", PolicyGateway.Trusted);
        await client.SendAsync(V1);

        await client.WaitForEndAsync();

        Assert.Equal(before, _fixture.Backend.Accepted);
        await _fixture.Gateway.WaitForMetricAsync("gateway_proxy_protocol_received_total", v => v >= 1, ("listener", "only-v2"), ("result", "disallowed"));
    }

    [Fact]
    public async Task TrustedPeer_AnnouncesMoreThanMaxHeaderBytes_IsRefusedBeforeItSendsThem()
    {
        var before = _fixture.Backend.Accepted;
        using var client = await _fixture.ConnectAsync("only-v2", PolicyGateway.Trusted);
        await client.SendAsync(WireHeader.V2(Client, "192.0.2.1:443", (0xE0, new byte[300])).AsMemory(0, 16));

        await client.WaitForEndAsync();

        Assert.Equal(before, _fixture.Backend.Accepted);
        await _fixture.Gateway.WaitForMetricAsync("gateway_proxy_protocol_received_total", v => v >= 1, ("listener", "only-v2"), ("result", "error"));
    }

    [Fact]
    public async Task TrustedPeer_SendsOneBytePerSegment_IsReadToTheByte()
    {
        using var client = await _fixture.ConnectAsync("required", PolicyGateway.Trusted);
        foreach (var b in (byte[])[.. V2, .. "payload"u8])
        {
            await client.SendAsync(new[] { b });
        }

        using var backend = await _fixture.Backend.NextAsync();

        Assert.Equal(Client, (await WireHeader.ReadAsync(backend)).Source!.ToString());
        Assert.Equal("payload", await backend.ReadTextAsync(7));
    }

    [Fact]
    public async Task TrustedPeer_SendsAWrongChecksum_IsRefused()
    {
        var before = _fixture.Backend.Accepted;
        using var client = await _fixture.ConnectAsync("required", PolicyGateway.Trusted);
        await client.SendAsync(WireHeader.V2(Client, "192.0.2.1:443", (3, [1, 2, 3, 4])));

        await client.WaitForEndAsync();

        Assert.Equal(before, _fixture.Backend.Accepted);
    }

    private static async Task AssertEchoesBackAsync(TcpPeer client, TcpPeer backend)
    {
        await backend.SendAsync("answer");
        Assert.Equal("answer", await client.ReadTextAsync(6));
    }

    /// <summary>A backend that was dialed at once saw our own header, and of the client nothing that starts like one.</summary>
    private async Task AssertNothingClaimedAsync(TcpPeer client)
    {
        while (_fixture.Backend.Remotes.Count > 0 && await TryNextAsync() is { } backend)
        {
            using (backend)
            {
                var header = await ReadHeaderOrNothingAsync(backend);
                Assert.True(header is null || header.Source!.Equals(client.Local), $"The backend saw {header?.Source}.");
                await AssertNoHeaderPassedAsync(backend);
            }
        }
    }

    private async Task<TcpPeer?> TryNextAsync()
    {
        try
        {
            return await _fixture.Backend.NextAsync(TimeSpan.FromMilliseconds(100));
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private static async Task<WireHeader?> ReadHeaderOrNothingAsync(TcpPeer backend)
    {
        try
        {
            return await WireHeader.ReadAsync(backend);
        }
        catch (Exception e) when (e is EndOfStreamException or SocketException)
        {
            return null;
        }
    }

    private static async Task AssertNoHeaderPassedAsync(TcpPeer backend)
    {
        var bytes = new List<byte>();
        var buffer = new byte[4096];
        try
        {
            for (int n; (n = await backend.ReadAsync(buffer)) > 0;)
            {
                bytes.AddRange(buffer.AsSpan(0, n));
            }
        }
        catch (SocketException)
        {
            // A reset drops what was on the way: good.
        }

        // Fewer bytes than a signature cannot be believed by anyone.
        Assert.True(bytes.Count < 12 && !System.Text.Encoding.Latin1.GetString([.. bytes]).StartsWith("PROXY ", StringComparison.Ordinal),
            $"{bytes.Count} bytes passed: {Convert.ToHexString([.. bytes])}");
    }
}

/// <summary>On the Linux engine.</summary>
public sealed class LinuxPolicyTableTests(LinuxPolicyGateway fixture) : PolicyTableTests(fixture), IClassFixture<LinuxPolicyGateway>;

/// <summary>On the portable engine.</summary>
public sealed class PortablePolicyTableTests(PortablePolicyGateway fixture) : PolicyTableTests(fixture), IClassFixture<PortablePolicyGateway>;
