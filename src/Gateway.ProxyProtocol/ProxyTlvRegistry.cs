namespace Gateway.ProxyProtocol;

/// <summary>
/// Every TLV that has a name, once: what configuration and logs call it, how its value is laid out, and how much a backend would miss it.
/// <see cref="ProxyTlvNames"/>, <see cref="ProxyTlvField"/>, <see cref="ProxySslField"/> and <see cref="ProxyTlvImportance"/> read it here.
/// </summary>
internal static class ProxyTlvRegistry
{
    /// <summary>The TLVs of a header. The first entry of a type gives the type its name; further ones are told apart by their sub-type.</summary>
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

/// <summary>One named TLV.</summary>
/// <param name="Name">What configuration and logs call it.</param>
/// <param name="Type">Its type.</param>
/// <param name="Layout">How its value is read.</param>
/// <param name="SubType">The first byte of its value; 0: it has none.</param>
/// <param name="Importance">See <see cref="ProxyTlvImportance"/>. Defaults to that of a type without a name.</param>
internal sealed record ProxyTlvEntry(string Name, ProxyTlvType Type, ProxyTlvLayout Layout, byte SubType = 0, int Importance = ProxyTlvImportance.Unnamed)
{
    /// <summary>Whether other senders use the same type for other things, so that the name is right only for values of its layout.</summary>
    public bool IsCloud => Layout is ProxyTlvLayout.Id or ProxyTlvLayout.BigEndian64 or ProxyTlvLayout.LittleEndian32;
}

/// <summary>How a TLV's value is laid out.</summary>
internal enum ProxyTlvLayout : byte
{
    /// <summary>No value that a text could show or make.</summary>
    None,

    /// <summary>Any bytes: a type by number.</summary>
    Raw,

    /// <summary>A text.</summary>
    Text,

    /// <summary>A sub-type and an id in letters, digits and hyphens.</summary>
    Id,

    /// <summary>Eight bytes, big endian.</summary>
    BigEndian64,

    /// <summary>A sub-type and four bytes, little endian.</summary>
    LittleEndian32,
}
