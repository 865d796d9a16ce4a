using System.Net;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Networks;

namespace Gateway.Tcp.Identification;

/// <summary>
/// A listener's <c>ProxyProtocol</c> section, resolved: who may come with or without a header. Immutable; a connection keeps the one that
/// it was accepted under. No section, no policy: the peer is the client and nothing is looked at. What becomes of a peer's header is
/// decided in <see cref="HeaderIdentification"/>.
/// </summary>
public sealed class ProxyProtocolPolicy
{
    private static readonly object TrustedMark = new();
    private static readonly object HealthCheckerMark = new();

    private readonly PrefixTable<object> _peers;
    private readonly PeerClass _others;

    private ProxyProtocolPolicy(ProxyProtocolConfig config, IReadOnlyDictionary<string, IReadOnlyList<string>> networks)
    {
        _peers = new PrefixTable<object>(
            NetworkList.Resolve(config.TrustedProxies, networks).Select(static network => (network, 0, TrustedMark))
                .Concat(NetworkList.Resolve(config.HealthCheckers, networks).Select(static network => (network, 0, HealthCheckerMark))));
        _others = config.Untrusted == UntrustedPeerAction.Direct ? PeerClass.Direct : PeerClass.Rejected;
        Header = config.Header;
        RejectsNested = config.NestedHeader == NestedHeaderAction.Reject;
        HeaderTimeout = config.HeaderTimeout;
        // Silence that outlasts the header's own limit says nothing new.
        OptionalWait = config.OptionalWait < config.HeaderTimeout ? config.OptionalWait : config.HeaderTimeout;
        Parsing = new ProxyParseOptions
        {
            MaxHeaderBytes = config.MaxHeaderBytes,
            AllowV1 = config.Versions.Contains(ProxyProtocolVersion.V1),
            AllowMixedFamilies = config.MixedFamilies == MixedFamiliesAction.Accept,
            AllowV2 = config.Versions.Contains(ProxyProtocolVersion.V2),
        };
    }

    /// <summary>What trusted peers send.</summary>
    public HeaderExpectation Header { get; }

    /// <summary>Whether a header behind a header is refused.</summary>
    public bool RejectsNested { get; }

    /// <summary>How long a peer may take for its header, counted from accept.</summary>
    public TimeSpan HeaderTimeout { get; }

    /// <summary>How long silence is taken for "no header"; never longer than <see cref="HeaderTimeout"/>.</summary>
    public TimeSpan OptionalWait { get; }

    /// <summary>Size limit and versions.</summary>
    public ProxyParseOptions Parsing { get; }

    /// <summary>Resolves a section.</summary>
    /// <param name="config">The section, validated; null: absent.</param>
    /// <param name="networks">The section <c>Networks</c>.</param>
    /// <returns>The policy, or null if there is no section.</returns>
    public static ProxyProtocolPolicy? From(ProxyProtocolConfig? config, IReadOnlyDictionary<string, IReadOnlyList<string>> networks)
    {
        ArgumentNullException.ThrowIfNull(networks);
        return config is null ? null : new ProxyProtocolPolicy(config, networks);
    }

    /// <summary>
    /// Which row of the contract's table a peer belongs to: the most specific prefix wins, a v4-mapped address counts as IPv4.
    /// </summary>
    public PeerClass Classify(IPAddress peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        var mark = _peers.Match(peer, out _);
        return mark is null ? _others : ReferenceEquals(mark, TrustedMark) ? PeerClass.Trusted : PeerClass.HealthChecker;
    }
}
