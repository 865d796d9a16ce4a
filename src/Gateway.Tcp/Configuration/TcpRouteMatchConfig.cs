namespace Gateway.Tcp.Configuration;

/// <summary>The conditions of a route. A connection must meet all conditions that are given.</summary>
public sealed record TcpRouteMatchConfig
{
    /// <summary>CIDRs or names of <c>Networks</c> that hold the client's address. Defaults to none: any client.</summary>
    public IReadOnlyList<string> ClientCidrs { get; init; } = [];

    /// <summary>
    /// CIDRs or names of <c>Networks</c> that hold the destination's address. The destination is the one in a trusted header, otherwise the
    /// address that the client connected to. Defaults to none: any.
    /// </summary>
    public IReadOnlyList<string> DestinationCidrs { get; init; } = [];

    /// <summary>Ports of the same destination as in <see cref="DestinationCidrs"/>. Defaults to none: any.</summary>
    public IReadOnlyList<PortRange> DestinationPorts { get; init; } = [];

    /// <summary>
    /// Values by TLV of the trusted header (V2): <c>"AwsVpcEndpointId": ["vpce-…"]</c>, <c>"0xE9": ["text", "0x0a0b"]</c>. Each named TLV
    /// must have one of the listed values. Defaults to none: any TLVs.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Tlvs { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>
    /// Server names that a client asks for in its ClientHello: <c>db.example.com</c>, or <c>*.example.com</c> for one more label. Case does
    /// not matter. An exact name wins over a wildcard. Defaults to none: any client, also without TLS.
    /// </summary>
    public IReadOnlyList<string> ServerNames { get; init; } = [];

    /// <summary>
    /// Application protocols (ALPN). The client must offer one of them in its ClientHello; on a Tls listener the agreed protocol must be
    /// one of them. Defaults to none: any.
    /// </summary>
    public IReadOnlyList<string> Alpn { get; init; } = [];
}
