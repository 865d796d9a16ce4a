namespace Gateway.Tcp.Configuration;

/// <summary>How the backend learns the client's address.</summary>
public sealed record SourceIpConfig
{
    /// <summary>Required: no mode is right for every backend.</summary>
    public SourceIpMode? Mode { get; init; }

    /// <summary>Version of the header that is sent (Mode or Fallback ProxyProtocol). Defaults to V2.</summary>
    public ProxyProtocolVersion Version { get; init; } = ProxyProtocolVersion.V2;

    /// <summary>
    /// TLVs that are passed on: <c>All</c>, or names and numbers (<c>Authority</c>, <c>AwsVpcEndpointId</c>, <c>0xEA</c>). Defaults to
    /// none. V2 only.
    /// </summary>
    public IReadOnlyList<string> PassThroughTlvs { get; init; } = [];

    /// <summary>
    /// The longest header that is sent, in bytes: of the TLVs that are passed on those that do not fit are left out, the least important
    /// first, since a backend closes on a header that is too long for it. Defaults to null: as long as it comes out. V2 only.
    /// </summary>
    public int? MaxHeaderBytes { get; init; }

    /// <summary>
    /// What happens where the listener has no <c>ProxyProtocol</c> section and a client's first bytes are a PROXY header: behind ours it is
    /// a second one, and some backends believe the last that they see. Defaults to Reject. ProxyProtocol, also as Fallback.
    /// </summary>
    public NestedHeaderAction NestedHeader { get; init; }

    /// <summary>
    /// TLVs that are added, as templates by name or number: <c>"UniqueId": "{connection}"</c>; placeholders are <c>{route}</c>,
    /// <c>{listener}</c>, <c>{cluster}</c>, <c>{client}</c> and <c>{connection}</c>. One that is added replaces those of its type that are
    /// passed through. Defaults to none. V2 only.
    /// </summary>
    public IReadOnlyDictionary<string, string> AddTlvs { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Whether the header tells of the client's TLS: of TLS that ended here SSL (version, cipher, certificate, verify), ALPN and Authority;
    /// of a ClientHello that was only read, Authority and ALPN. They replace those that came. Defaults to false. V2 only.
    /// </summary>
    public bool SslTlvs { get; init; }

    /// <summary>Transparent: bind an ephemeral port or the client's own. Defaults to Ephemeral.</summary>
    public SourcePort Port { get; init; }

    /// <summary>
    /// Toa: the options that carry the client's address, as <c>KIND/LENGTH</c>, at most one for IPv4 (length 8, or 7 without the port) and
    /// one for IPv6 (length 20). Defaults to 254/8 and 253/20, as DPVS and most receivers have them.
    /// </summary>
    public IReadOnlyList<string> ToaOptions { get; init; } = ["254/8", "253/20"];

    /// <summary>Transparent, Toa and Dnat: what happens when the client's address cannot be used. Defaults to Reject.</summary>
    public SourceIpFallback Fallback { get; init; }

    /// <summary>SO_MARK of the connection to the backend, for rules of netfilter and <c>ip rule</c>. Defaults to null: none.</summary>
    public int? Mark { get; init; }
}
