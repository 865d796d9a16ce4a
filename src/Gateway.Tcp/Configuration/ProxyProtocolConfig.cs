namespace Gateway.Tcp.Configuration;

/// <summary>What a listener expects of the PROXY protocol (<c>Listeners:NAME:ProxyProtocol</c>). Absent: the peer is the client.</summary>
public sealed record ProxyProtocolConfig
{
    /// <summary>What peers in <see cref="TrustedProxies"/> send. Defaults to Required.</summary>
    public HeaderExpectation Header { get; init; } = HeaderExpectation.Required;

    /// <summary>CIDRs or names of <c>Networks</c>: only these peers may speak for a client. Empty is an error.</summary>
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];

    /// <summary>CIDRs or names of <c>Networks</c>: these may come without a header, or connect and close. Defaults to none.</summary>
    public IReadOnlyList<string> HealthCheckers { get; init; } = [];

    /// <summary>What happens to any other peer. Defaults to Reject.</summary>
    public UntrustedPeerAction Untrusted { get; init; } = UntrustedPeerAction.Reject;

    /// <summary>
    /// How long a peer may take for its header. Defaults to 5 s: the specification asks for at least 3 s, to cover a TCP retransmit.
    /// </summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long silence is taken for "no header" (Optional only). Defaults to 500 ms.</summary>
    public TimeSpan OptionalWait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest header that is read. Defaults to 4096, as nginx does.</summary>
    public int MaxHeaderBytes { get; init; } = 4096;

    /// <summary>Versions that are taken. Defaults to both.</summary>
    public IReadOnlyList<ProxyProtocolVersion> Versions { get; init; } = [ProxyProtocolVersion.V1, ProxyProtocolVersion.V2];

    /// <summary>
    /// What happens to a version 1 line whose destination has another family than the line says, as nginx's stream module writes it for
    /// clients that a proxy of the other family named. Defaults to Accept: the client is unambiguous, its sender trusted, and the
    /// destination is never dialed.
    /// </summary>
    public MixedFamiliesAction MixedFamilies { get; init; }

    /// <summary>
    /// What happens when a second header follows a believed one: the client, whom nobody asked, has written it, or another proxy before the
    /// trusted one. Defaults to Reject.
    /// </summary>
    public NestedHeaderAction NestedHeader { get; init; } = NestedHeaderAction.Reject;
}
