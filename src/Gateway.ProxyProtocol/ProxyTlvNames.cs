using System.Globalization;

namespace Gateway.ProxyProtocol;

/// <summary>
/// The names of TLV types in the configuration: <c>Authority</c>, <c>AwsVpcEndpointId</c>, or a number such as <c>0xEA</c>.
/// </summary>
public static class ProxyTlvNames
{
    /// <summary>All names, for messages and schemas.</summary>
    public static IEnumerable<string> All =>
        ProxyTlvRegistry.Entries.DistinctBy(static entry => entry.Type).Select(static entry => entry.Name);

    /// <summary>
    /// Parses a name (in any case), or <c>0x</c> and one or two hexadecimal digits. Decimal numbers are refused, because 20 and 0x20 are
    /// easily confused.
    /// </summary>
    /// <param name="text">The text in the configuration.</param>
    /// <param name="type">The number of the type.</param>
    /// <returns>Whether the text is a name or a number.</returns>
    public static bool TryParse(string? text, out ProxyTlvType type)
    {
        type = 0;
        if (text is null)
        {
            return false;
        }

        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            byte number = 0;
            var isNumber = text.Length is 3 or 4
                && byte.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
            type = (ProxyTlvType)number;
            return isNumber;
        }

        foreach (var entry in ProxyTlvRegistry.Entries)
        {
            if (entry.Name.Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                // The other names of a type mean a sub-type, not the type.
                var isType = ReferenceEquals(ProxyTlvRegistry.Find(entry.Type), entry);
                type = isType ? entry.Type : default;
                return isType;
            }
        }

        return false;
    }

    /// <summary>
    /// The name of a TLV. A cloud's name is used only for a value of its layout, because other senders use the same types for other values
    /// (Hitch: 0xE0 for a certificate).
    /// </summary>
    public static string Format(in ProxyTlv tlv) =>
        ProxyTlvField.IsOtherThanNamed(tlv) ? Number(tlv.Type) : Format(tlv.Type);

    /// <summary>The name of a type, or <c>0x</c> and two digits.</summary>
    public static string Format(ProxyTlvType type) => ProxyTlvRegistry.Find(type)?.Name ?? Number(type);

    /// <summary><c>0x</c> and two digits.</summary>
    internal static string Number(ProxyTlvType type) => string.Create(CultureInfo.InvariantCulture, $"0x{(byte)type:X2}");
}
