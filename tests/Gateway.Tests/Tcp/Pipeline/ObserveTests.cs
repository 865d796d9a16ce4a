using Gateway.Tcp.Configuration;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Wire;

namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>
/// A listener with <c>Enforcement: Observe</c>: nobody is refused for the policy, and whoever would be is counted and logged.
/// </summary>
public sealed class ObserveTests
{
    private const string Untrusted = "127.0.0.77";

    private static readonly ProxyProtocolConfig Observed = Policies.Required with { Enforcement = ProxyProtocolEnforcement.Observe };
    private static readonly byte[] Header = WireHeader.V2("203.0.113.7:1", "198.51.100.1:2");

    public static TheoryData<TcpEngineKind, string, bool, string> Refused
    {
        get
        {
            var data = new TheoryData<TcpEngineKind, string, bool, string>();
            foreach (var engine in (TcpEngineKind[])[TcpEngineKind.Linux, TcpEngineKind.Portable])
            {
                data.Add(engine, Untrusted, false, "UntrustedPeer");
                data.Add(engine, Untrusted, true, "UntrustedPeer");
                data.Add(engine, "127.0.0.9", true, "UntrustedHeader");
                data.Add(engine, "127.0.0.1", false, "HeaderMissing");
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Refused_GoesOnAsThePeerAndIsCounted(TcpEngineKind engine, string from, bool sendsHeader, string rule)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Observed, Policies.V2, server.Address), engine);
        using var observed = plane.Count("gateway.proxy_protocol.observed");
        using var client = await plane.ConnectAsync(from);
        await client.SendAsync(sendsHeader ? (byte[])[.. Header, .. "hello"u8] : "hello"u8.ToArray());
        using (var backend = await server.NextAsync())
        {
            Assert.Equal(client.Local, (await WireHeader.ReadAsync(backend)).Source);
            Assert.Equal("hello", await backend.ReadTextAsync(5));
            await backend.SendAsync("answer");
            Assert.Equal("answer", await client.ReadTextAsync(6));
        }

        client.Dispose();
        var line = await plane.AccessAsync();
        Assert.Equal(
            (client.Local.ToString(), "Socket", $"Observed:{rule}"),
            (line["client"], line["source"], line["detail"]));
        var counted = Assert.Single(observed.GetMeasurementSnapshot(), static measurement => measurement.Value == 1);
        Assert.Equal((rule, "in"), (counted.Tags["rule"], counted.Tags["listener"]));
        var told = Assert.Single(plane.Logs, static log => log.Id.Id == 2112);
        Assert.Contains($"detail={rule}, last {client.Local}; 1 ", told.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TcpEngineKind.Linux, "127.0.0.1")]
    [InlineData(TcpEngineKind.Linux, Untrusted)]
    [InlineData(TcpEngineKind.Portable, "127.0.0.1")]
    [InlineData(TcpEngineKind.Portable, Untrusted)]
    public async Task Silent_WaitsForTheServer_GetsItsBannerAfterOptionalWait(TcpEngineKind engine, string from)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Observed, Policies.V2, server.Address), engine);
        using var client = await plane.ConnectAsync(from);
        using var backend = await server.NextAsync();
        await WireHeader.ReadAsync(backend);
        await backend.SendAsync("220 ready\r\n");

        Assert.Equal("220 ready", await client.ReadLineAsync());
    }

    [Theory]
    [InlineData(TcpEngineKind.Linux)]
    [InlineData(TcpEngineKind.Portable)]
    public async Task TrustedHeader_IsBelievedAndNotObserved(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Observed, Policies.V2, server.Address), engine);
        using var observed = plane.Count("gateway.proxy_protocol.observed");
        using var client = await plane.ConnectAsync();
        await client.SendAsync((byte[])[.. Header, .. "hello"u8]);
        using var backend = await server.NextAsync();

        Assert.Equal("203.0.113.7:1", (await WireHeader.ReadAsync(backend)).Source!.ToString());
        Assert.DoesNotContain(observed.GetMeasurementSnapshot(), static measurement => measurement.Value > 0);
    }

    /// <summary>As on a listener without a section: payload, unless the backend might take it for the gateway's own.</summary>
    [Theory]
    [InlineData(TcpEngineKind.Linux, SourceIpMode.None)]
    [InlineData(TcpEngineKind.Linux, SourceIpMode.ProxyProtocol)]
    [InlineData(TcpEngineKind.Portable, SourceIpMode.None)]
    [InlineData(TcpEngineKind.Portable, SourceIpMode.ProxyProtocol)]
    public async Task BrokenHeader_IsPayloadUnlessTheGatewaySendsItsOwn(TcpEngineKind engine, SourceIpMode mode)
    {
        byte[] broken = [.. Header[..12], 0x31, .. Header[13..], .. "hello"u8];
        await using var server = RecordingTcpServer.Start();
        var sourceIp = new SourceIpConfig { Mode = mode };
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Observed, sourceIp, server.Address), engine);
        using var client = await plane.ConnectAsync();
        await client.SendAsync(broken);
        using var backend = await server.NextAsync();
        if (mode == SourceIpMode.None)
        {
            Assert.Equal(broken, await backend.ReadExactlyAsync(broken.Length));
            return;
        }

        Assert.Equal(client.Local, (await WireHeader.ReadAsync(backend)).Source);
        Assert.Equal(ConnectionEnd.Reset, await backend.WaitForEndAsync());
        var line = await plane.AccessAsync();
        Assert.Equal(("untrusted_header", "UnexpectedHeader,Observed:HeaderInvalid"), (line.Reason, line["detail"]));
    }

    [Theory]
    [InlineData(TcpEngineKind.Linux)]
    [InlineData(TcpEngineKind.Portable)]
    public async Task LateHeader_WhereNoneIsSent_IsPayloadAndCounted(TcpEngineKind engine)
    {
        await using var server = RecordingTcpServer.Start();
        var policy = Observed with { Header = HeaderExpectation.Optional };
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(policy, Policies.None, server.Address), engine);
        using var observed = plane.Count("gateway.proxy_protocol.observed");
        using var client = await plane.ConnectAsync();
        using var backend = await server.NextAsync();
        await client.SendAsync(Header);

        Assert.Equal(Header, await backend.ReadExactlyAsync(Header.Length));
        await Eventually.TrueAsync(
            () => observed.GetMeasurementSnapshot()
                .Any(static entry => entry is { Value: 1, Tags: var tags } && (string?)tags["rule"] == "LateHeader"),
            "the late header counts while the connection lives");
    }

    [Fact]
    public async Task Update_ToEnforce_RefusesTheNextConnection()
    {
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Observed, Policies.None, server.Address));
        using var before = await plane.ConnectAsync(Untrusted);
        await before.SendAsync("hello");
        using var backend = await server.NextAsync();

        plane.Plane.Update(TestPlane.Model(Policies.Required, Policies.None, server.Address));

        Assert.Equal(ConnectionEnd.Reset, await plane.ConnectToTheEndAsync(Untrusted, "hello"));
        await before.SendAsync(" again");
        Assert.Equal("hello again", await backend.ReadTextAsync(11));
    }
}
