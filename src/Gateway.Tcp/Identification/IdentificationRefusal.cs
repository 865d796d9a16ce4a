namespace Gateway.Tcp.Identification;

/// <summary>Why a connection was refused before its client was known. The names appear in the access log.</summary>
public enum IdentificationRefusal : byte
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>The peer is neither trusted nor a health checker, and others are refused.</summary>
    UntrustedPeer,

    /// <summary>A peer that may not speak for a client sent a header, or a health checker claimed an address.</summary>
    UntrustedHeader,

    /// <summary>A header is required, and none came within HeaderTimeout or the first bytes cannot be one.</summary>
    HeaderMissing,

    /// <summary>A header began but was not complete within HeaderTimeout.</summary>
    HeaderTimeout,

    /// <summary>The peer closed in the middle of its header.</summary>
    HeaderTruncated,

    /// <summary>The header is malformed, or its version is not allowed; the parse error says how.</summary>
    HeaderInvalid,

    /// <summary>The header is longer than MaxHeaderBytes.</summary>
    HeaderTooLarge,

    /// <summary>The claimed source is unspecified, multicast or 255.255.255.255.</summary>
    SourceInvalid,

    /// <summary>Toa: a trusted peer's segments had none of the options, and it is refused then.</summary>
    ToaMissing,

    /// <summary>Toa: SYN and ACK of a trusted peer name different clients; one of them was not written by the proxy.</summary>
    ToaConflict,

    /// <summary>Where none is required: a header came, or its signature was completed, after OptionalWait had passed.</summary>
    LateHeader,

    /// <summary>A second header followed the one that was believed.</summary>
    NestedHeader,

    /// <summary>
    /// A client's first bytes are a header, on a listener that takes none, and the backend gets one from us: it might believe the client's.
    /// </summary>
    UnexpectedHeader,
}
