using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Identification;

/// <summary>
/// The rule of a <c>ProxyProtocol</c> or <c>Toa</c> section that refuses a connection. It is no <see cref="CloseReason"/>: several rules
/// have the same reason, one rule has another reason once the backend is dialed (<see cref="IdentificationOutcomes"/>), and with
/// <c>Enforcement: Observe</c> a rule is counted although nothing ends. It is the rule of the <see cref="Outcome"/>, under its own name.
/// </summary>
public enum IdentificationRefusal : byte
{
    /// <summary>The connection was not refused.</summary>
    None,

    /// <summary>The peer is neither trusted nor a health checker, and the policy refuses such peers.</summary>
    UntrustedPeer,

    /// <summary>A peer that is not trusted sent a header, or a health checker sent a header with an address.</summary>
    UntrustedHeader,

    /// <summary>A header is required, but none came within HeaderTimeout, or the first bytes cannot be a header.</summary>
    HeaderMissing,

    /// <summary>A header began but was not complete within HeaderTimeout.</summary>
    HeaderTimeout,

    /// <summary>The peer closed in the middle of its header.</summary>
    HeaderTruncated,

    /// <summary>The header is malformed, or its version is not allowed; the parse error tells the cause.</summary>
    HeaderInvalid,

    /// <summary>The header is longer than MaxHeaderBytes.</summary>
    HeaderTooLarge,

    /// <summary>The source that the header or option names is unspecified, multicast or 255.255.255.255.</summary>
    SourceInvalid,

    /// <summary>Toa: a trusted peer's segments had none of the options, and the policy refuses such connections.</summary>
    ToaMissing,

    /// <summary>Toa: SYN and ACK of a trusted peer name different clients; one of them was not written by the proxy.</summary>
    ToaConflict,

    /// <summary>A header came, or its signature was completed, after OptionalWait had passed, where a header is not required.</summary>
    LateHeader,

    /// <summary>A second header followed the accepted header.</summary>
    NestedHeader,

    /// <summary>
    /// A client's first bytes are a header, on a listener without a policy, and the backend gets a header from the gateway. The backend
    /// might trust the client's header.
    /// </summary>
    UnexpectedHeader,
}
