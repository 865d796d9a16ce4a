namespace Gateway.Tcp.Configuration;

/// <summary>The PROXY protocol on a listener (<c>Listeners:NAME:ProxyProtocol</c>). Absent: the peer is the client.</summary>
public sealed record ProxyProtocolConfig
{
    /// <summary>Whether peers in <see cref="TrustedProxies"/> must send a header. Defaults to Required.</summary>
    public HeaderExpectation Header { get; init; } = HeaderExpectation.Required;

    /// <summary>CIDRs or names of <c>Networks</c>: only these peers may name a client. Empty is an error.</summary>
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];

    /// <summary>CIDRs or names of <c>Networks</c>: these peers may send no header, or connect and close. Defaults to none.</summary>
    public IReadOnlyList<string> HealthCheckers { get; init; } = [];

    /// <summary>What happens to any other peer. Defaults to Reject.</summary>
    public UntrustedPeerAction Untrusted { get; init; } = UntrustedPeerAction.Reject;

    /// <summary>
    /// How long a peer may take for its header. Defaults to 5 s: the specification asks for at least 3 s, to cover a TCP retransmit.
    /// </summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>After this time, silence means that no header will come (Optional only). Defaults to 500 ms.</summary>
    public TimeSpan OptionalWait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest accepted header in bytes. Defaults to 4096, as in nginx.</summary>
    public int MaxHeaderBytes { get; init; } = 4096;

    /// <summary>Versions that are accepted. Defaults to both.</summary>
    public IReadOnlyList<ProxyProtocolVersion> Versions { get; init; } = [ProxyProtocolVersion.V1, ProxyProtocolVersion.V2];

    /// <summary>
    /// What happens to a version 1 line whose destination has another family than the line says. Nginx's stream module writes such lines
    /// for clients that a proxy of the other family named. Defaults to Accept, because the client is unambiguous, its sender is trusted,
    /// and the destination is never dialed.
    /// </summary>
    public MixedFamiliesAction MixedFamilies { get; init; }

    /// <summary>
    /// What happens when a second header follows an accepted header. The second header comes from the client, which is not trusted, or from
    /// another proxy in front of the trusted proxy. Defaults to Reject.
    /// </summary>
    public NestedHeaderAction NestedHeader { get; init; } = NestedHeaderAction.Reject;

    /// <summary>
    /// Whether connections that the rules above refuse are refused, or only counted and logged. Observe is for the time before the rules
    /// are known to be complete, because a load balancer that is missing in <see cref="TrustedProxies"/> is an outage under Enforce.
    /// Defaults to Enforce.
    /// </summary>
    public ProxyProtocolEnforcement Enforcement { get; init; }
}
