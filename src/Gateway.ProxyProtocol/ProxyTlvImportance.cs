namespace Gateway.ProxyProtocol;

/// <summary>
/// How much a backend would miss a TLV, where there is no room for all: for whom the client asked decides what it is answered; then comes what is known of its TLS, then the connection's
/// id, then where in a cloud it comes from. What has no meaning that anybody agreed on, or none at all, goes first.
/// </summary>
public static class ProxyTlvImportance
{
    /// <summary>The least.</summary>
    public const int Least = 0;

    /// <summary>More than any TLV's own.</summary>
    public const int Most = 7;

    /// <summary>A TLV's, from <see cref="Least"/>.</summary>
    public static int Of(in ProxyTlv tlv) => tlv.Type switch
    {
        ProxyTlvType.Authority => 6,
        ProxyTlvType.Ssl => 5,
        ProxyTlvType.Alpn => 4,
        ProxyTlvType.UniqueId => 3,
        ProxyTlvType.AwsVpcEndpointId or ProxyTlvType.AzurePrivateLinkId or ProxyTlvType.GcpPscConnectionId or ProxyTlvType.AlibabaVpcId
            when !ProxyTlvField.IsOtherThanNamed(tlv) => 2,
        ProxyTlvType.Noop or ProxyTlvType.Netns => Least,
        _ => 1,
    };
}
