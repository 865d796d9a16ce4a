namespace Gateway.Tcp.AccessLogs;

/// <summary>The content of an access-log field. docs/logs.md describes each.</summary>
public enum AccessFieldKind : byte
{
    /// <summary>Start, interval or end.</summary>
    Event,

    /// <summary>The client.</summary>
    Client,

    /// <summary>HTTP: the connection's client.</summary>
    Hop,

    /// <summary>Who really connected.</summary>
    Peer,

    /// <summary>How the connection's client was learned.</summary>
    Source,

    /// <summary>The listener.</summary>
    Listener,

    /// <summary>The route.</summary>
    Route,

    /// <summary>The cluster.</summary>
    Cluster,

    /// <summary>The destination.</summary>
    Destination,

    /// <summary>Payload from the client.</summary>
    Received,

    /// <summary>Payload to the client.</summary>
    Sent,

    /// <summary>Milliseconds since accept, or since the request came.</summary>
    Duration,

    /// <summary>TCP: why the connection ended.</summary>
    Reason,

    /// <summary>HTTP: what went wrong.</summary>
    Error,

    /// <summary>More about the reason or error.</summary>
    Detail,

    /// <summary>All TLVs of the trusted header.</summary>
    Tlvs,

    /// <summary>One TLV of the trusted header.</summary>
    Tlv,

    /// <summary>The connection's unique id.</summary>
    Id,

    /// <summary>The server name of the ClientHello.</summary>
    Sni,

    /// <summary>The application protocol of TLS.</summary>
    Alpn,

    /// <summary>The version of TLS that ended here.</summary>
    Tls,

    /// <summary>The cipher of TLS that ended here.</summary>
    Cipher,

    /// <summary>The common name of the client's certificate.</summary>
    Cn,

    /// <summary>How the backend learns the client's address: the mode that was used, so a fallback shows here.</summary>
    Mode,

    /// <summary>The address to which the client connected.</summary>
    Local,

    /// <summary>The destination that the client meant: that of the trusted header, otherwise the same as <see cref="Local"/>.</summary>
    OriginalDestination,

    /// <summary>TCP: milliseconds of the connect that succeeded.</summary>
    Connect,

    /// <summary>TCP: milliseconds from accept until the backend's connection was open.</summary>
    Connected,

    /// <summary>Milliseconds until the backend's first byte.</summary>
    FirstByte,

    /// <summary>TCP: the address of the backend's connection.</summary>
    Backend,

    /// <summary>TCP: our address of the backend's connection.</summary>
    BackendLocal,

    /// <summary>HTTP: the Host header.</summary>
    Host,

    /// <summary>HTTP: the method.</summary>
    Method,

    /// <summary>HTTP: the path.</summary>
    Path,

    /// <summary>HTTP: the status.</summary>
    Status,

    /// <summary>HTTP: the version of the protocol.</summary>
    HttpVersion,

    /// <summary>HTTP: the header User-Agent.</summary>
    UserAgent,

    /// <summary>HTTP: the request's unique id.</summary>
    RequestId,

    /// <summary>HTTP: the W3C trace context that the request brought.</summary>
    Traceparent,
}
