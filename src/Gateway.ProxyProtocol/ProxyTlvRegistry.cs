namespace Gateway.ProxyProtocol;

/// <summary>
/// Every TLV that has a name, once: what configuration and logs call it, how its value is laid out, and how much a backend would miss it.
/// <see cref="ProxyTlvNames"/>, <see cref="ProxyTlvField"/>, <see cref="ProxySslField"/> and <see cref="ProxyTlvImportance"/> read it here.
/// </summary>
internal static class ProxyTlvRegistry
{
    /// <summary>
    /// The TLVs of a header. The first entry of a type gives the type its name; further ones are told apart by their sub-type.
    /// </summary>
    public static readonly ProxyTlvEntry[] Entries =
    [
        new(nameof(ProxyTlvType.Alpn), ProxyTlvType.Alpn, ProxyTlvLayout.Text, Importance: 4),
        new(nameof(ProxyTlvType.Authority), ProxyTlvType.Authority, ProxyTlvLayout.Text, Importance: 6),
        new(nameof(ProxyTlvType.Crc32c), ProxyTlvType.Crc32c, ProxyTlvLayout.None),
        new(nameof(ProxyTlvType.Noop), ProxyTlvType.Noop, ProxyTlvLayout.None, Importance: ProxyTlvImportance.Least),
        new(nameof(ProxyTlvType.UniqueId), ProxyTlvType.UniqueId, ProxyTlvLayout.Text, Importance: 3),
        new(nameof(ProxyTlvType.Ssl), ProxyTlvType.Ssl, ProxyTlvLayout.None, Importance: 5),
        new(nameof(ProxyTlvType.Netns), ProxyTlvType.Netns, ProxyTlvLayout.Text, Importance: ProxyTlvImportance.Least),
        new(nameof(ProxyTlvType.GcpPscConnectionId), ProxyTlvType.GcpPscConnectionId, ProxyTlvLayout.BigEndian64, Importance: 2),
        new(nameof(ProxyTlvType.AlibabaVpcId), ProxyTlvType.AlibabaVpcId, ProxyTlvLayout.Id, (byte)AlibabaIdKind.Vpc, Importance: 2),
        new("AlibabaEndpointId", ProxyTlvType.AlibabaVpcId, ProxyTlvLayout.Id, (byte)AlibabaIdKind.Endpoint, Importance: 2),
        new("AlibabaServiceId", ProxyTlvType.AlibabaVpcId, ProxyTlvLayout.Id, (byte)AlibabaIdKind.Service, Importance: 2),
        new(nameof(ProxyTlvType.AwsVpcEndpointId), ProxyTlvType.AwsVpcEndpointId, ProxyTlvLayout.Id, 1, Importance: 2),
        new(nameof(ProxyTlvType.AzurePrivateLinkId), ProxyTlvType.AzurePrivateLinkId, ProxyTlvLayout.LittleEndian32, 1, Importance: 2),
    ];

    /// <summary>What the SSL TLV holds: by itself, or in a TLV inside it. A header's TLV is never meant by these names.</summary>
    public static readonly ProxyTlvEntry[] InSsl =
    [
        new("SslVersion", ProxyTlvType.SslVersion, ProxyTlvLayout.Text),
        new("SslCipher", ProxyTlvType.SslCipher, ProxyTlvLayout.Text),
        new("SslVerify", ProxyTlvType.Ssl, ProxyTlvLayout.None),
        new("SslClientCn", ProxyTlvType.SslCommonName, ProxyTlvLayout.Text),
        new("SslClientCert", ProxyTlvType.SslClientCertificate, ProxyTlvLayout.None),
    ];

    /// <summary>The entry that names a type; null: the type has no name.</summary>
    public static ProxyTlvEntry? Find(ProxyTlvType type)
    {
        foreach (var entry in Entries)
        {
            if (entry.Type == type)
            {
                return entry;
            }
        }

        return null;
    }
}
