using System.Net;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification;
using Gateway.Testing.Wire;

namespace Gateway.Tests.Tcp.Identification;

/// <summary>A policy that only observes: what it takes is taken, and what it would refuse goes on as the peer.</summary>
public sealed class ObservedIdentificationTests
{
    private static readonly TimeSpan Now = TimeSpan.Zero;
    private static readonly TimeSpan AfterOptional = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AfterHeader = TimeSpan.FromSeconds(5);
    private static readonly IPEndPoint Peer = IPEndPoint.Parse("10.0.0.1:9");

    private static readonly ProxyProtocolConfig Config = new()
    {
        TrustedProxies = ["10.0.0.0/8"],
        HealthCheckers = ["100.64.0.0/10"],
        Enforcement = ProxyProtocolEnforcement.Observe,
    };

    private static readonly ProxyProtocolPolicy Required = Policy(Config);
    private static readonly byte[] Proxy = WireHeader.V2("203.0.113.7:1", "198.51.100.1:2");
    private static readonly byte[] Invalid = [.. Proxy[..12], 0x31, .. Proxy[13..]];

    public static TheoryData<PeerClass, string, IdentificationRefusal, int> WholeHeaders => new()
    {
        { PeerClass.Rejected, "proxy", IdentificationRefusal.UntrustedPeer, Proxy.Length },
        { PeerClass.Direct, "proxy", IdentificationRefusal.UntrustedHeader, Proxy.Length },
        { PeerClass.HealthChecker, "proxy", IdentificationRefusal.UntrustedHeader, Proxy.Length },
        { PeerClass.Trusted, "multicast", IdentificationRefusal.SourceInvalid, Proxy.Length },
        { PeerClass.Trusted, "nested", IdentificationRefusal.NestedHeader, Proxy.Length },
        { PeerClass.Trusted, "v1", IdentificationRefusal.HeaderInvalid, "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n".Length },
        { PeerClass.Trusted, "invalid", IdentificationRefusal.HeaderInvalid, 0 },
        { PeerClass.Rejected, "invalid", IdentificationRefusal.UntrustedPeer, 0 },
        { PeerClass.Trusted, "long", IdentificationRefusal.HeaderTooLarge, 0 },
        { PeerClass.Trusted, "payload", IdentificationRefusal.HeaderMissing, 0 },
        { PeerClass.Rejected, "payload", IdentificationRefusal.UntrustedPeer, 0 },
    };

    /// <summary>A whole header is dropped, anything else is payload, and the peer is the client.</summary>
    [Theory]
    [MemberData(nameof(WholeHeaders))]
    public void Decide_Refused_GoesOnAsThePeer(PeerClass peer, string sent, IdentificationRefusal rule, int consumed)
    {
        var policy = Policy(Config with { Versions = [ProxyProtocolVersion.V2] });
        byte[] bytes = sent switch
        {
            "proxy" => [.. Proxy, .. "GET "u8],
            "multicast" => [.. WireHeader.V2("224.0.0.1:1", "198.51.100.1:2"), .. "GET "u8],
            "nested" => [.. Proxy, .. Proxy],
            "v1" => [.. "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET "u8],
            "invalid" => [.. Invalid, .. "GET "u8],
            "long" => [.. Proxy[..14], 0xFF, 0xFF, .. new byte[8000]],
            _ => [.. "GET / HTTP/1.1"u8],
        };

        var step = HeaderIdentification.Decide(policy, peer, bytes, Now, ended: false);

        Assert.Equal((IdentificationAction.Identified, rule, consumed), (step.Action, step.Observed, step.ConsumedBytes));
        Assert.Equal((IdentificationRefusal.None, IdentificationRefusal.None), (step.Refusal, step.GuardAs));
        var identity = HeaderIdentification.CreateIdentity(step, Peer, IPEndPoint.Parse("198.51.100.1:2"), bytes);
        Assert.Equal((Peer, IdentitySource.Socket), (identity.Client, identity.Source));
        Assert.Null(identity.OriginalDestination);
        Assert.True(identity.Tlvs.IsEmpty);
    }

    [Theory]
    [InlineData(PeerClass.Rejected, IdentificationRefusal.UntrustedPeer, IdentificationRefusal.None)]
    [InlineData(PeerClass.Trusted, IdentificationRefusal.HeaderMissing, IdentificationRefusal.None)]
    [InlineData(PeerClass.Direct, IdentificationRefusal.None, IdentificationRefusal.UntrustedHeader)]
    public void Decide_Silence_IsWaitedForOnlyForOptionalWait(PeerClass peer, IdentificationRefusal rule, IdentificationRefusal guardAs)
    {
        var waiting = HeaderIdentification.Decide(Required, peer, [], Now, ended: false);
        Assert.Equal((IdentificationAction.Wait, AfterOptional), (waiting.Action, waiting.Wait));

        var step = HeaderIdentification.Decide(Required, peer, [], AfterOptional, ended: false);

        Assert.Equal((IdentificationAction.Identified, rule, guardAs), (step.Action, step.Observed, step.GuardAs));
    }

    [Theory]
    [InlineData(PeerClass.Rejected)]
    [InlineData(PeerClass.Trusted)]
    public void Decide_SilenceWhereTheClientSpeaksFirst_IsWaitedForHeaderTimeout(PeerClass peer)
    {
        var waiting = HeaderIdentification.Decide(Required, peer, [], AfterOptional, ended: false, clientSpeaksFirst: true);
        Assert.Equal((IdentificationAction.Wait, AfterHeader - AfterOptional), (waiting.Action, waiting.Wait));

        var step = HeaderIdentification.Decide(Required, peer, [], AfterHeader, ended: false, clientSpeaksFirst: true);

        Assert.Equal(IdentificationAction.Identified, step.Action);
        Assert.NotEqual(IdentificationRefusal.None, step.Observed);
    }

    [Fact]
    public void Decide_HeaderInPieces_IsWaitedForAndThenDropped()
    {
        for (var length = 1; length < Proxy.Length; length++)
        {
            var part = HeaderIdentification.Decide(Required, PeerClass.Rejected, Proxy.AsSpan(0, length), Now, ended: false);
            Assert.Equal(IdentificationAction.Wait, part.Action);
            var last = HeaderIdentification.Decide(Required, PeerClass.Rejected, Proxy.AsSpan(0, length), AfterHeader, ended: false);
            Assert.Equal((IdentificationAction.Identified, 0), (last.Action, last.ConsumedBytes));
        }
    }

    [Fact]
    public void Decide_TrustedHeader_IsBelieved()
    {
        var step = HeaderIdentification.Decide(Required, PeerClass.Trusted, Proxy, Now, ended: false);

        Assert.Equal((IdentificationAction.Identified, IdentificationRefusal.None), (step.Action, step.Observed));
        var identity = HeaderIdentification.CreateIdentity(step, Peer, IPEndPoint.Parse("198.51.100.1:2"), Proxy);
        Assert.Equal("203.0.113.7:1", identity.Client.ToString());
    }

    /// <summary>A load balancer's check that is missing in the lists is refused under enforcement, so it counts.</summary>
    [Fact]
    public void Decide_RejectedClosesWithoutAByte_IsSilentAndObserved()
    {
        var step = HeaderIdentification.Decide(Required, PeerClass.Rejected, [], Now, ended: true);

        Assert.Equal((IdentificationAction.CloseSilently, IdentificationRefusal.UntrustedPeer), (step.Action, step.Observed));
        var trusted = HeaderIdentification.Decide(Required, PeerClass.Trusted, [], Now, ended: true);
        Assert.Equal((IdentificationAction.CloseSilently, IdentificationRefusal.None), (trusted.Action, trusted.Observed));
    }

    private static ProxyProtocolPolicy Policy(ProxyProtocolConfig config) =>
        ProxyProtocolPolicy.From(config, new Dictionary<string, IReadOnlyList<string>>())!;
}
