namespace Gateway.Tcp.Configuration;

/// <summary>
/// Which clients a listener admits (<c>Listeners:NAME:Access</c>). The client is the derived client: the source in a trusted PROXY header,
/// TCP option or X-Forwarded-For, otherwise the peer. The host validates it in <c>Configuration/Validation/NetworksTopic.cs</c> and
/// <c>TlvsTopic.cs</c>.
/// </summary>
public sealed record AccessConfig
{
    /// <summary>CIDRs and names of <c>Networks</c>; a client outside all of them is refused. Defaults to none: every client.</summary>
    public IReadOnlyList<string> Allow { get; init; } = [];

    /// <summary>CIDRs and names of <c>Networks</c> whose clients are refused, even if Allow contains them. Defaults to none.</summary>
    public IReadOnlyList<string> Deny { get; init; } = [];

    /// <summary>
    /// Trust domains of a mesh, such as <c>cluster.local</c>: a connection whose trusted PROXY header (V2) does not have a <c>SpiffeId</c>
    /// of one of them is refused. Defaults to none: callers need no SPIFFE id.
    /// </summary>
    public IReadOnlyList<string> TrustDomains { get; init; } = [];
}
