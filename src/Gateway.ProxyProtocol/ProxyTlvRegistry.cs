namespace Gateway.ProxyProtocol;

/// <summary>
/// The only list of all named TLVs: the name in configuration and logs, the layout of the value, and its importance for a backend.
/// <see cref="ProxyTlvNames"/>, <see cref="ProxyTlvField"/>, <see cref="ProxySslField"/> and <see cref="ProxyTlvImportance"/> use this
/// list.
/// </summary>
internal static class ProxyTlvRegistry
{
    /// <summary>
    /// The TLVs of a header. The first entry of a type gives the type its name. Further entries of the type differ by their sub-type.
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
        new(nameof(ProxyTlvType.SpiffeId), ProxyTlvType.SpiffeId, ProxyTlvLayout.SpiffeId, Importance: 5),
        new(nameof(ProxyTlvType.GcpPscConnectionId), ProxyTlvType.GcpPscConnectionId, ProxyTlvLayout.BigEndian64, Importance: 2),
        new(nameof(ProxyTlvType.AlibabaVpcId), ProxyTlvType.AlibabaVpcId, ProxyTlvLayout.Id, (byte)AlibabaIdKind.Vpc, Importance: 2),
        new("AlibabaEndpointId", ProxyTlvType.AlibabaVpcId, ProxyTlvLayout.Id, (byte)AlibabaIdKind.Endpoint, Importance: 2),
        new("AlibabaServiceId", ProxyTlvType.AlibabaVpcId, ProxyTlvLayout.Id, (byte)AlibabaIdKind.Service, Importance: 2),
        new(nameof(ProxyTlvType.AwsVpcEndpointId), ProxyTlvType.AwsVpcEndpointId, ProxyTlvLayout.Id, 1, Importance: 2),
        new(nameof(ProxyTlvType.AzurePrivateLinkId), ProxyTlvType.AzurePrivateLinkId, ProxyTlvLayout.LittleEndian32, 1, Importance: 2),
    ];

    /// <summary>The values in the SSL TLV: its own fields, and its sub-TLVs. These names never mean a TLV of the header itself.</summary>
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
