using System.Globalization;

namespace Gateway.ProxyProtocol;

/// <summary>
/// Names of TLV types as configuration writes them: <c>Authority</c>, <c>AwsVpcEndpointId</c>, or a number such as <c>0xEA</c>.
/// </summary>
public static class ProxyTlvNames
{
    // The SSL sub-types have no names here: they live inside the SSL TLV, so a header's TLV is never meant by them.
    private static readonly (string Name, ProxyTlvType Type)[] Names =
    [
        (nameof(ProxyTlvType.Alpn), ProxyTlvType.Alpn),
        (nameof(ProxyTlvType.Authority), ProxyTlvType.Authority),
        (nameof(ProxyTlvType.Crc32c), ProxyTlvType.Crc32c),
        (nameof(ProxyTlvType.Noop), ProxyTlvType.Noop),
        (nameof(ProxyTlvType.UniqueId), ProxyTlvType.UniqueId),
        (nameof(ProxyTlvType.Ssl), ProxyTlvType.Ssl),
        (nameof(ProxyTlvType.Netns), ProxyTlvType.Netns),
        (nameof(ProxyTlvType.GcpPscConnectionId), ProxyTlvType.GcpPscConnectionId),
        (nameof(ProxyTlvType.AlibabaVpcId), ProxyTlvType.AlibabaVpcId),
        (nameof(ProxyTlvType.AwsVpcEndpointId), ProxyTlvType.AwsVpcEndpointId),
        (nameof(ProxyTlvType.AzurePrivateLinkId), ProxyTlvType.AzurePrivateLinkId),
    ];

    /// <summary>All names, for messages and schemas.</summary>
    public static IEnumerable<string> All => Names.Select(static entry => entry.Name);

    /// <summary>
    /// Reads a name (in any case) or <c>0x</c> and one or two hexadecimal digits. Decimal numbers are refused: 20 and 0x20 are easily
    /// confused.
    /// </summary>
    /// <param name="text">What configuration says.</param>
    /// <param name="type">The type's number.</param>
    /// <returns>Whether it is either.</returns>
    public static bool TryParse(string? text, out byte type)
    {
        type = 0;
        if (text is null)
        {
            return false;
        }

        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return text.Length is 3 or 4
                && byte.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out type);
        }

        foreach (var entry in Names)
        {
            if (entry.Name.Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                type = (byte)entry.Type;
                return true;
            }
        }

        return false;
    }

    /// <summary>The name of a TLV; a cloud's only for a value of its layout, since other senders use the same types for other things (Hitch: 0xE0 for a certificate).</summary>
    public static string Format(in ProxyTlv tlv) =>
        ProxyTlvField.IsOtherThanNamed(tlv) ? string.Create(CultureInfo.InvariantCulture, $"0x{(byte)tlv.Type:X2}") : Format((byte)tlv.Type);

    /// <summary>The name of a type, or <c>0x</c> and two digits.</summary>
    public static string Format(byte type)
    {
        foreach (var entry in Names)
        {
            if ((byte)entry.Type == type)
            {
                return entry.Name;
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"0x{type:X2}");
    }
}
