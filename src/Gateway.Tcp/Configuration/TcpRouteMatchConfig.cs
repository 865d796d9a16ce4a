namespace Gateway.Tcp.Configuration;

/// <summary>What a route matches; all that is given must match.</summary>
public sealed record TcpRouteMatchConfig
{
    /// <summary>CIDRs or names of <c>Networks</c> that hold the client's address. Defaults to none: any client.</summary>
    public IReadOnlyList<string> ClientCidrs { get; init; } = [];

    /// <summary>
    /// CIDRs or names of <c>Networks</c> that hold the destination's address: what a trusted header says, else what the client connected
    /// to. Defaults to none: any.
    /// </summary>
    public IReadOnlyList<string> DestinationCidrs { get; init; } = [];

    /// <summary>Ports of the destination, as of <see cref="DestinationCidrs"/>. Defaults to none: any.</summary>
    public IReadOnlyList<PortRange> DestinationPorts { get; init; } = [];

    /// <summary>
    /// Values by TLV of the trusted header (V2): <c>"AwsVpcEndpointId": ["vpce-…"]</c>, <c>"0xE9": ["text", "0x0a0b"]</c>. Each named TLV
    /// must have one of its values. Defaults to
    /// none: whatever TLVs there are.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Tlvs { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>
    /// Names that a client asks for in its ClientHello: <c>db.example.com</c>, or <c>*.example.com</c> for one label. Regardless of case;
    /// an exact name before a wildcard, a longer wildcard before a shorter. Defaults to none: any client, also without TLS.
    /// </summary>
    public IReadOnlyList<string> ServerNames { get; init; } = [];

    /// <summary>
    /// Protocols of which the client offers one in its ClientHello (a Tls listener: the one that was agreed on). Defaults to none: any.
    /// </summary>
    public IReadOnlyList<string> Alpn { get; init; } = [];
}
