namespace Gateway.Tcp.Configuration;

/// <summary>How the backend learns the client's address.</summary>
public sealed record SourceIpConfig
{
    /// <summary>The way to the backend. Required, because no mode is right for every backend.</summary>
    public SourceIpMode? Mode { get; init; }

    /// <summary>Version of the header that is sent (Mode or Fallback ProxyProtocol). Defaults to V2.</summary>
    public ProxyProtocolVersion Version { get; init; } = ProxyProtocolVersion.V2;

    /// <summary>
    /// TLVs of the received header that are passed on: <c>All</c>, or names and numbers (<c>Authority</c>, <c>AwsVpcEndpointId</c>,
    /// <c>0xEA</c>). Defaults to none. V2 only.
    /// </summary>
    public IReadOnlyList<string> PassThroughTlvs { get; init; } = [];

    /// <summary>
    /// The longest header that is sent, in bytes. TLVs that are passed on and do not fit are left out, the least important first, because a
    /// backend closes the connection if a header is too long for that backend. Defaults to null: no limit. V2 only.
    /// </summary>
    public int? MaxHeaderBytes { get; init; }

    /// <summary>
    /// What happens if the listener has no <c>ProxyProtocol</c> section and a client's first bytes are a PROXY header. Behind the gateway's
    /// header it is a second header, and some backends trust the last header that they see. Defaults to Reject. Only with ProxyProtocol,
    /// also as Fallback.
    /// </summary>
    public NestedHeaderAction NestedHeader { get; init; }

    /// <summary>
    /// TLVs that are added, as templates by name or number: <c>"UniqueId": "{connection}"</c>; placeholders are <c>{route}</c>,
    /// <c>{listener}</c>, <c>{cluster}</c>, <c>{client}</c> and <c>{connection}</c>. An added TLV replaces TLVs of the same type that are
    /// passed on. Defaults to none. V2 only.
    /// </summary>
    public IReadOnlyDictionary<string, string> AddTlvs { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Whether the header carries TLVs about the client's TLS. If TLS ended at the gateway: SSL (version, cipher, certificate, verify),
    /// ALPN and Authority. If the ClientHello was only read: Authority and ALPN. They replace received TLVs of the same type. Defaults to
    /// false. V2 only.
    /// </summary>
    public bool SslTlvs { get; init; }

    /// <summary>
    /// Transparent: whether the connection to the backend has an ephemeral source port or the client's own port. Defaults to Ephemeral.
    /// </summary>
    public SourcePort Port { get; init; }

    /// <summary>
    /// Toa: the options that carry the client's address, as <c>KIND/LENGTH</c>, at most one for IPv4 (length 8, or 7 without the port) and
    /// one for IPv6 (length 20). Defaults to 254/8 and 253/20, which DPVS and most receivers use.
    /// </summary>
    public IReadOnlyList<string> ToaOptions { get; init; } = ["254/8", "253/20"];

    /// <summary>Transparent, Toa and Dnat: what happens when the client's address cannot be used. Defaults to Reject.</summary>
    public SourceIpFallback Fallback { get; init; }

    /// <summary>SO_MARK of the connection to the backend, for netfilter rules and <c>ip rule</c>. Defaults to null: none.</summary>
    public int? Mark { get; init; }
}
