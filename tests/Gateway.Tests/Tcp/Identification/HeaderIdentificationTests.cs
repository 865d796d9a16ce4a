using System.Buffers;
using System.Net;
using System.Text;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Relaying;
using Gateway.Testing.Wire;

namespace Gateway.Tests.Tcp.Identification;

/// <summary>Every cell of the contract's table, without a socket.</summary>
public sealed class HeaderIdentificationTests
{
    private static readonly TimeSpan Now = TimeSpan.Zero;
    private static readonly TimeSpan AfterOptional = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AfterHeader = TimeSpan.FromSeconds(5);

    private static readonly ProxyProtocolConfig Config = new() { TrustedProxies = ["10.0.0.0/8"], HealthCheckers = ["100.64.0.0/10"] };
    private static readonly ProxyProtocolPolicy Required = Policy(Config);
    private static readonly ProxyProtocolPolicy Optional = Policy(Config with { Header = HeaderExpectation.Optional });

    private static readonly byte[] Proxy = WireHeader.V2("203.0.113.7:1", "198.51.100.1:2");
    private static readonly byte[] Local = WireHeader.V2Local();

    [Theory]
    [InlineData("10.1.2.3", PeerClass.Trusted)]
    [InlineData("::ffff:10.1.2.3", PeerClass.Trusted)]
    [InlineData("10.9.9.9", PeerClass.HealthChecker)]
    [InlineData("10.9.9.8", PeerClass.Trusted)]
    [InlineData("100.64.1.1", PeerClass.HealthChecker)]
    [InlineData("2001:db8::1", PeerClass.Trusted)]
    [InlineData("2001:db9::1", PeerClass.Direct)]
    [InlineData("192.0.2.1", PeerClass.Direct)]
    public void Classify_MostSpecificPrefix_Wins(string peer, PeerClass expected)
    {
        var policy = ProxyProtocolPolicy.From(
            new ProxyProtocolConfig
            {
                TrustedProxies = ["clb", "2001:db8::/32"],
                HealthCheckers = ["10.9.9.9/32", "100.64.0.0/10"],
                Untrusted = UntrustedPeerAction.Direct,
            },
            new Dictionary<string, IReadOnlyList<string>> { ["clb"] = ["10.0.0.0/8"] })!;
        Assert.Equal(expected, policy.Classify(IPAddress.Parse(peer)));
    }

    /// <summary>Whoever reads GuardAs would wait for more of what is refused already.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Decide_HealthCheckersClaim_IsRefusedWithNothingToWaitFor(bool behindLocal)
    {
        var step = HeaderIdentification.Decide(Required, PeerClass.HealthChecker, behindLocal ? [.. Local, .. Proxy] : Proxy, Now, false);

        Assert.Equal((IdentificationAction.Refuse, IdentificationRefusal.None), (step.Action, step.GuardAs));
        Assert.Equal(behindLocal ? IdentificationRefusal.NestedHeader : IdentificationRefusal.UntrustedHeader, step.Refusal);
    }

    /// <summary>It may say that it is a check. What else it says would go on to backends under our name.</summary>
    [Fact]
    public void Decide_HealthCheckersHeader_HasNoTlvsAndItsPayloadIsGuarded()
    {
        var header = WireHeader.V2Local((0xEA, [1, .. "vpce-forged"u8]));

        var step = HeaderIdentification.Decide(Required, PeerClass.HealthChecker, [.. header, .. "GET "u8], Now, false);

        Assert.Equal((IdentificationAction.Identified, 0, header.Length), (step.Action, step.Header.TlvLength, step.ConsumedBytes));
        Assert.Equal(IdentificationRefusal.UntrustedHeader, step.GuardAs);
        var identity = HeaderIdentification.CreateIdentity(step, IPEndPoint.Parse("100.64.0.1:1"), IPEndPoint.Parse("192.0.2.1:2"), header);
        Assert.True(identity.Tlvs.IsEmpty);
    }

    [Fact]
    public void Decide_NoPolicy_PeerIsTheClient()
    {
        var step = HeaderIdentification.Decide(null, PeerClass.Rejected, Proxy, Now, ended: false);
        Assert.Equal((IdentificationAction.Identified, false, IdentificationRefusal.None), (step.Action, step.HasHeader, step.GuardAs));
    }

    [Fact]
    public void Decide_Rejected_AtOnce() => AssertRefused(IdentificationRefusal.UntrustedPeer, Required, PeerClass.Rejected, [], Now);

    [Fact]
    public void Decide_TrustedSendsAHeader_IsBelieved()
    {
        foreach (var policy in (ProxyProtocolPolicy[])[Required, Optional])
        {
            var step = HeaderIdentification.Decide(policy, PeerClass.Trusted, [.. Proxy, 1, 2], Now, ended: false);
            Assert.Equal((IdentificationAction.Identified, Proxy.Length), (step.Action, step.ConsumedBytes));
            var identity = Identity(step, Proxy);
            Assert.Equal(("203.0.113.7:1", "198.51.100.1:2", IdentitySource.ProxyProtocolV2), (identity.Client.ToString(), identity.OriginalDestination!.ToString(), identity.Source));
        }
    }

    [Theory]
    [InlineData(PeerClass.Trusted)]
    [InlineData(PeerClass.HealthChecker)]
    public void Decide_LocalOrUnknown_PeerIsTheClient(PeerClass peer)
    {
        foreach (var header in (byte[][])[Local, "PROXY UNKNOWN\r\n"u8.ToArray()])
        {
            var step = HeaderIdentification.Decide(Required, peer, header, Now, ended: false);
            Assert.Equal((IdentificationAction.Identified, header.Length), (step.Action, step.ConsumedBytes));
            Assert.Equal(("10.0.0.1:9", IdentitySource.Socket), (Identity(step, header).Client.ToString(), Identity(step, header).Source));
        }
    }

    [Fact]
    public void Decide_V4MappedSource_IsUnmapped()
    {
        var header = "PROXY TCP6 ::ffff:203.0.113.7 2001:db8::1 1 2\r\n"u8.ToArray();
        var step = HeaderIdentification.Decide(Required, PeerClass.Trusted, header, Now, ended: false);
        Assert.Equal("203.0.113.7:1", Identity(step, header).Client.ToString());
    }

    [Fact]
    public void Decide_TrustedRequiredSilent_WaitsAndIsMissing()
    {
        AssertWaits(AfterHeader, Required, PeerClass.Trusted, [], Now);
        AssertWaits(TimeSpan.FromSeconds(1), Required, PeerClass.Trusted, [], TimeSpan.FromSeconds(4));
        AssertRefused(IdentificationRefusal.HeaderMissing, Required, PeerClass.Trusted, [], AfterHeader);
        AssertRefused(IdentificationRefusal.HeaderMissing, Required, PeerClass.Trusted, "GET "u8, Now);
    }

    [Fact]
    public void Decide_TrustedOptionalSilent_PeerIsTheClientBehindAGuard()
    {
        AssertWaits(AfterOptional, Optional, PeerClass.Trusted, [], Now);
        AssertIdentified(IdentificationRefusal.LateHeader, Optional, PeerClass.Trusted, [], AfterOptional);
        AssertIdentified(IdentificationRefusal.None, Optional, PeerClass.Trusted, "GET "u8, Now);
    }

    [Fact]
    public void Decide_TrustedWithPartOfAHeader_WaitsUntilHeaderTimeout()
    {
        foreach (var policy in (ProxyProtocolPolicy[])[Required, Optional])
        {
            AssertWaits(AfterHeader, policy, PeerClass.Trusted, "PROXY "u8, Now);
            AssertWaits(AfterHeader - AfterOptional, policy, PeerClass.Trusted, Proxy.AsSpan(0, 20), AfterOptional);
            AssertRefused(IdentificationRefusal.HeaderTimeout, policy, PeerClass.Trusted, "PROXY "u8, AfterHeader);
            AssertRefused(IdentificationRefusal.HeaderTruncated, policy, PeerClass.Trusted, Proxy.AsSpan(0, 20), Now, ended: true);
        }

        AssertWaits(AfterHeader, Required, PeerClass.Trusted, "PRO"u8, Now);
        AssertRefused(IdentificationRefusal.HeaderTimeout, Required, PeerClass.Trusted, "PRO"u8, AfterHeader);
        AssertRefused(IdentificationRefusal.HeaderTruncated, Required, PeerClass.Trusted, "PRO"u8, Now, ended: true);
        AssertIdentified(IdentificationRefusal.None, Optional, PeerClass.Trusted, "PRO"u8, Now, ended: true);
    }

    /// <summary>Where no header is required, less than a signature is none: a client that begins with "P" or CR LF and waits must not be cut.</summary>
    [Theory]
    [InlineData("P")]
    [InlineData("PROXY")]
    [InlineData("\r\n")]
    [InlineData("\r\n\r\n\0\r\nQUIT")]
    public void Decide_PartOfASignatureWhereNoneIsRequired_IsPayloadBehindAGuardAfterOptionalWait(string sent)
    {
        var bytes = Encoding.Latin1.GetBytes(sent);
        foreach (var (policy, peer) in new[] { (Optional, PeerClass.Trusted), (Optional, PeerClass.HealthChecker), (Required, PeerClass.HealthChecker) })
        {
            AssertWaits(AfterOptional, policy, peer, bytes, Now);
            AssertIdentified(IdentificationRefusal.LateHeader, policy, peer, bytes, AfterOptional);
            AssertIdentified(IdentificationRefusal.None, policy, peer, bytes, Now, ended: true);
        }
    }

    [Fact]
    public void Decide_AnySignature_IsNamedWhateverBecomesOfIt()
    {
        AssertVersion(ProxyVersion.V1, Required, PeerClass.Trusted, "PROXY TCP4 x y 1 2\r\n"u8, Now);
        AssertVersion(ProxyVersion.V1, Required, PeerClass.Trusted, "PROXY TCP4"u8, AfterHeader);
        AssertVersion(ProxyVersion.V1, Required, PeerClass.Trusted, "PROXY TCP4"u8, Now, ended: true);
        AssertVersion(ProxyVersion.V1, Required, PeerClass.Direct, "PROXY "u8, Now);
        AssertVersion(ProxyVersion.V2, Required, PeerClass.Direct, Proxy, Now);
        AssertVersion(ProxyVersion.V2, Required, PeerClass.HealthChecker, Proxy, Now);
        AssertVersion(ProxyVersion.V2, Required, PeerClass.Trusted, WireHeader.V2("203.0.113.7:1", "198.51.100.1:2", (3, [1, 2, 3, 4])), Now);
        AssertVersion(ProxyVersion.V2, Required, PeerClass.Trusted, Proxy, Now);
        AssertVersion(null, Required, PeerClass.Trusted, "PRO"u8, AfterHeader);
        AssertVersion(null, Required, PeerClass.Trusted, "GET "u8, Now);
        var guard = new FirstBytesGuard();
        guard.Inspect("PROX"u8);
        Assert.Null(guard.Refused);
        guard.Inspect("Y TCP4"u8);
        Assert.Equal(ProxyVersion.V1, guard.Refused);
    }

    [Fact]
    public void Decide_HealthCheckerWithoutAHeader_IsTheClientOnItsFirstByte()
    {
        AssertWaits(AfterHeader, Required, PeerClass.HealthChecker, [], Now);
        Assert.Equal(IdentificationAction.CloseSilently, HeaderIdentification.Decide(Required, PeerClass.HealthChecker, [], AfterHeader, false).Action);
        AssertIdentified(IdentificationRefusal.None, Required, PeerClass.HealthChecker, "GET "u8, Now);
        AssertRefused(IdentificationRefusal.UntrustedHeader, Required, PeerClass.HealthChecker, Proxy, Now);
    }

    [Fact]
    public void Decide_Direct_IsTheClientAtOnceAndMayNotSendAHeader()
    {
        AssertIdentified(IdentificationRefusal.UntrustedHeader, Required, PeerClass.Direct, [], Now);
        AssertIdentified(IdentificationRefusal.None, Required, PeerClass.Direct, "GET "u8, Now);
        AssertRefused(IdentificationRefusal.UntrustedHeader, Required, PeerClass.Direct, Proxy, Now);
        AssertRefused(IdentificationRefusal.UntrustedHeader, Required, PeerClass.Direct, "PROXY "u8, Now);
        AssertWaits(AfterOptional, Required, PeerClass.Direct, "PRO"u8, Now);
        AssertIdentified(IdentificationRefusal.UntrustedHeader, Required, PeerClass.Direct, "PRO"u8, AfterOptional);
    }

    [Theory]
    [InlineData(PeerClass.Trusted)]
    [InlineData(PeerClass.HealthChecker)]
    [InlineData(PeerClass.Direct)]
    public void Decide_EndWithoutAByte_ClosesSilently(PeerClass peer)
    {
        Assert.Equal(IdentificationAction.CloseSilently, HeaderIdentification.Decide(Required, peer, [], Now, ended: true).Action);
        Assert.Equal(IdentificationAction.CloseSilently, HeaderIdentification.Decide(Optional, peer, [], Now, ended: true).Action);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    public void Decide_ImplausibleSource_IsRefused(string source) => AssertRefused(
        IdentificationRefusal.SourceInvalid, Required, PeerClass.Trusted, Encoding.ASCII.GetBytes($"PROXY TCP4 {source} 198.51.100.1 1 2\r\n"), Now);

    [Theory]
    [InlineData("::")]
    [InlineData("ff02::1")]
    public void Decide_ImplausibleIPv6Source_IsRefused(string source) => AssertRefused(
        IdentificationRefusal.SourceInvalid, Required, PeerClass.Trusted, Encoding.ASCII.GetBytes($"PROXY TCP6 {source} 2001:db8::1 1 2\r\n"), Now);

    [Fact]
    public void Decide_MalformedTooLargeOrWrongVersion_SaysSo()
    {
        var invalid = HeaderIdentification.Decide(Required, PeerClass.Trusted, "PROXY TCP4 x y 1 2\r\n"u8, Now, ended: false);
        Assert.Equal((IdentificationRefusal.HeaderInvalid, ProxyParseError.SourceAddress), (invalid.Refusal, invalid.ParseError));
        var small = Policy(Config with { MaxHeaderBytes = 20 });
        AssertRefused(IdentificationRefusal.HeaderTooLarge, small, PeerClass.Trusted, Proxy, Now);
        var onlyV1 = Policy(Config with { Versions = [ProxyProtocolVersion.V1] });
        Assert.Equal(ProxyParseError.VersionNotAllowed, HeaderIdentification.Decide(onlyV1, PeerClass.Trusted, Proxy, Now, ended: false).ParseError);
    }

    [Fact]
    public void Decide_SegmentedBytes_AreTheSame()
    {
        byte[] bytes = [.. Proxy, 1, 2, 3];
        for (var cut = 1; cut < bytes.Length; cut++)
        {
            var first = new Segment(bytes.AsMemory(0, cut));
            var sequence = new ReadOnlySequence<byte>(first, 0, first.Append(bytes.AsMemory(cut)), bytes.Length - cut);
            Assert.Equal(
                HeaderIdentification.Decide(Required, PeerClass.Trusted, bytes, Now, ended: false),
                HeaderIdentification.Decide(Required, PeerClass.Trusted, sequence, Now, ended: false));
        }
    }

    [Theory]
    [InlineData("PROXY ")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n")]
    public void Inspect_SignatureInAnyTwoPieces_LastPieceIsRefused(string signature)
    {
        var bytes = Encoding.Latin1.GetBytes(signature);
        for (var cut = 1; cut < bytes.Length; cut++)
        {
            var guard = new FirstBytesGuard();
            Assert.Equal(GuardVerdict.More, guard.Inspect(bytes.AsSpan(0, cut)));
            Assert.Equal(GuardVerdict.Refuse, guard.Inspect([.. bytes.AsSpan(cut), 1, 2, 3]));
        }
    }

    [Fact]
    public void Inspect_NoSignature_Passes()
    {
        var guard = new FirstBytesGuard();
        Assert.Equal(GuardVerdict.More, guard.Inspect("PROX"u8));
        Assert.Equal(GuardVerdict.Pass, guard.Inspect("IMITY PROXY "u8));
        Assert.Equal(GuardVerdict.Pass, new FirstBytesGuard().Inspect("GET / HTTP/1.1"u8));
    }

    private static ProxyProtocolPolicy Policy(ProxyProtocolConfig config) => ProxyProtocolPolicy.From(config, new Dictionary<string, IReadOnlyList<string>>())!;

    private static ConnectionIdentity Identity(IdentificationStep step, byte[] bytes) =>
        HeaderIdentification.CreateIdentity(step, IPEndPoint.Parse("10.0.0.1:9"), IPEndPoint.Parse("10.0.0.2:10"), bytes);

    private static void AssertWaits(TimeSpan wait, ProxyProtocolPolicy policy, PeerClass peer, ReadOnlySpan<byte> bytes, TimeSpan elapsed)
    {
        var step = HeaderIdentification.Decide(policy, peer, bytes, elapsed, ended: false);
        Assert.Equal((IdentificationAction.Wait, wait), (step.Action, step.Wait));
    }

    private static void AssertRefused(
        IdentificationRefusal refusal, ProxyProtocolPolicy policy, PeerClass peer, ReadOnlySpan<byte> bytes, TimeSpan elapsed, bool ended = false)
    {
        var step = HeaderIdentification.Decide(policy, peer, bytes, elapsed, ended);
        Assert.Equal((IdentificationAction.Refuse, refusal), (step.Action, step.Refusal));
    }

    private static void AssertVersion(
        ProxyVersion? version, ProxyProtocolPolicy policy, PeerClass peer, ReadOnlySpan<byte> bytes, TimeSpan elapsed, bool ended = false) =>
        Assert.Equal(version, HeaderIdentification.Decide(policy, peer, bytes, elapsed, ended).Version);

    private static void AssertIdentified(
        IdentificationRefusal guardAs, ProxyProtocolPolicy policy, PeerClass peer, ReadOnlySpan<byte> bytes, TimeSpan elapsed, bool ended = false)
    {
        var step = HeaderIdentification.Decide(policy, peer, bytes, elapsed, ended);
        Assert.Equal((IdentificationAction.Identified, guardAs, 0), (step.Action, step.GuardAs, step.ConsumedBytes));
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
