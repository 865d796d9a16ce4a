using System.Net;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Networks;

namespace Gateway.Tcp.Identification;

/// <summary>
/// A listener's <c>ProxyProtocol</c> section, resolved: which peers may or must send a header. Immutable; a connection keeps the policy
/// under which it was accepted. Without a section there is no policy: the peer is the client, and nothing is looked at.
/// <see cref="HeaderIdentification"/> decides what happens to a peer's header.
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
        // An OptionalWait beyond HeaderTimeout would have no use, because the header has to come within HeaderTimeout.
        OptionalWait = config.OptionalWait < config.HeaderTimeout ? config.OptionalWait : config.HeaderTimeout;
        Parsing = new ProxyParseOptions
        {
            MaxHeaderBytes = config.MaxHeaderBytes,
            AllowV1 = config.Versions.Contains(ProxyProtocolVersion.V1),
            AllowMixedFamilies = config.MixedFamilies == MixedFamiliesAction.Accept,
            AllowV2 = config.Versions.Contains(ProxyProtocolVersion.V2),
        };
        Enforcement = config.Enforcement;
        AnyHeader = new ProxyParseOptions { MaxHeaderBytes = config.MaxHeaderBytes, AllowMixedFamilies = true };
    }

    /// <summary>Whether trusted peers must send a header.</summary>
    public HeaderExpectation Header { get; }

    /// <summary>Whether a second header behind the first is refused.</summary>
    public bool RejectsNested { get; }

    /// <summary>How long a peer may take for its header, counted from accept.</summary>
    public TimeSpan HeaderTimeout { get; }

    /// <summary>After this time, silence means that no header will come; never longer than <see cref="HeaderTimeout"/>.</summary>
    public TimeSpan OptionalWait { get; }

    /// <summary>The options of the header's parser: size limit, versions, mixed families.</summary>
    public ProxyParseOptions Parsing { get; }

    /// <summary>What happens to a connection that the policy refuses.</summary>
    public ProxyProtocolEnforcement Enforcement { get; }

    /// <summary>Whether a connection that the policy refuses is counted and goes on, with its peer as the client.</summary>
    public bool Observes => Enforcement == ProxyProtocolEnforcement.Observe;

    /// <summary>The options for a header that the policy refuses and whose length is needed: all versions and families.</summary>
    internal ProxyParseOptions AnyHeader { get; }

    /// <summary>Resolves a section.</summary>
    /// <param name="config">The validated section; null: absent.</param>
    /// <param name="networks">The section <c>Networks</c>.</param>
    /// <returns>The policy, or null if there is no section.</returns>
    public static ProxyProtocolPolicy? From(ProxyProtocolConfig? config, IReadOnlyDictionary<string, IReadOnlyList<string>> networks)
    {
        ArgumentNullException.ThrowIfNull(networks);
        return config is null ? null : new ProxyProtocolPolicy(config, networks);
    }

    /// <summary>
    /// The class of a peer, which is its row in the table of docs/proxy-protocol.md. The most specific prefix wins; a v4-mapped address
    /// counts as IPv4.
    /// </summary>
    public PeerClass Classify(IPAddress peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        var mark = _peers.Match(peer, out _);
        return mark is null ? _others : ReferenceEquals(mark, TrustedMark) ? PeerClass.Trusted : PeerClass.HealthChecker;
    }
}
