using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Gateway.ProxyProtocol;

/// <summary>
/// One value that a TLV can hold, with its name in configuration and logs: a text (<c>Authority</c>), a cloud's id
/// (<c>AwsVpcEndpointId</c>, without its sub-type), a caller's id (<c>SpiffeId</c>) or the bytes of a type by number (<c>0xE9</c>). The
/// three ids of Alibaba Cloud share a type, and differ by their sub-type.
/// </summary>
/// <remarks>Layouts: <see cref="ProxyCloudTlvs"/>; texts: specification, section 2.2.</remarks>
public sealed class ProxyTlvField
{
    private const string Hexadecimal = "0x";

    // Host names have at most 253 characters, ids of connections at most 128 (specification, section 2.2.5). Longer values are not shown.
    private const int MaxTextLength = 255;

    // A header of 4 KB has room for 1300 empty TLVs, but a log line does not.
    private const int MaxDescribed = 32;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    private static readonly ProxyTlvField[] Known =
    [
        .. ProxyTlvRegistry
            .Entries.Where(static entry => entry.Layout != ProxyTlvLayout.None)
            .Select(static entry => new ProxyTlvField(entry)),
    ];

    private readonly ProxyTlvLayout _layout;
    private readonly byte _subType;

    private ProxyTlvField(ProxyTlvEntry entry) => (Name, Type, _layout, _subType) = (entry.Name, entry.Type, entry.Layout, entry.SubType);

    /// <summary>All names, for messages.</summary>
    public static IEnumerable<string> Names => Known.Select(static known => known.Name);

    /// <summary>The name of the field.</summary>
    public string Name { get; }

    /// <summary>The type of the TLV that holds the field.</summary>
    public ProxyTlvType Type { get; }

    /// <summary>Whether any text is a valid value, so that a template can make values.</summary>
    public bool IsFreeText => _layout is ProxyTlvLayout.Text or ProxyTlvLayout.Raw;

    /// <summary>
    /// Finds a field by its name (in any case), or by <c>0x</c> and one or two hexadecimal digits. In the second case the field is the
    /// whole value of the TLV, with any layout.
    /// </summary>
    public static bool TryParse(string? name, out ProxyTlvField field)
    {
        field = Array.Find(Known, known => known.Name.Equals(name, StringComparison.OrdinalIgnoreCase))!;
        if (field is null
            && name?.StartsWith(Hexadecimal, StringComparison.OrdinalIgnoreCase) == true
            && ProxyTlvNames.TryParse(name, out var type))
        {
            field = new ProxyTlvField(new ProxyTlvEntry(ProxyTlvNames.Number(type), type, ProxyTlvLayout.Raw));
        }

        return field is not null;
    }

    /// <summary>Encodes a text as the value of a TLV.</summary>
    /// <param name="text">
    /// A text; an id in letters, digits and hyphens; a decimal number; for a type by number a text, or bytes as <c>0x0a0b</c>.
    /// </param>
    /// <param name="value">The TLV's value.</param>
    /// <returns>False if the field cannot hold this text.</returns>
    public bool TryEncode(string text, out byte[] value)
    {
        ArgumentNullException.ThrowIfNull(text);
        value = [];
        switch (_layout)
        {
            case ProxyTlvLayout.Id:
                byte[] id = [_subType, .. Encoding.UTF8.GetBytes(text)];
                value = id;
                return ProxyCloudTlvs.TryReadId(id.AsSpan(1), out _) && id.Length > 1;
            case ProxyTlvLayout.BigEndian64:
                value = new byte[sizeof(ulong)];
                var isLong = ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number64);
                BinaryPrimitives.WriteUInt64BigEndian(value, number64);
                return isLong;
            case ProxyTlvLayout.LittleEndian32:
                value = new byte[1 + sizeof(uint)];
                value[0] = _subType;
                var isInt = uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number32);
                BinaryPrimitives.WriteUInt32LittleEndian(value.AsSpan(1), number32);
                return isInt;
            case ProxyTlvLayout.SpiffeId:
                value = Encoding.UTF8.GetBytes(text);
                return ProxySpiffeId.IsId(value);
            case ProxyTlvLayout.Raw when text.StartsWith(Hexadecimal, StringComparison.OrdinalIgnoreCase):
                if (text.Length % 2 != 0 || text.AsSpan(2).ContainsAnyExcept(HexDigits))
                {
                    return false;
                }

                value = Convert.FromHexString(text.AsSpan(2));
                return true;
            default:
                value = Encoding.UTF8.GetBytes(text);
                return value.Length > 0;
        }
    }

    /// <summary>
    /// Decodes a TLV's value as text: printable ASCII without blanks, safe for a log line and a header. For a type by number the text is
    /// <c>0x</c> and hexadecimal digits.
    /// </summary>
    /// <param name="value">The value of a TLV of <see cref="Type"/>.</param>
    /// <param name="text">The text.</param>
    /// <returns>False if the value does not have the field's layout, is too long or is not printable.</returns>
    public bool TryDecode(ReadOnlySpan<byte> value, out string text)
    {
        text = "";
        switch (_layout)
        {
            case ProxyTlvLayout.Id:
                return value.Length > 1 && value[0] == _subType && ProxyCloudTlvs.TryReadId(value[1..], out text);
            case ProxyTlvLayout.BigEndian64:
                var isPsc = ProxyCloudTlvs.TryReadGcpPscConnectionId(value, out var psc);
                text = psc.ToString(CultureInfo.InvariantCulture);
                return isPsc;
            case ProxyTlvLayout.LittleEndian32:
                var isLink = ProxyCloudTlvs.TryReadAzureLinkId(value, out var link);
                text = link.ToString(CultureInfo.InvariantCulture);
                return isLink;
            case ProxyTlvLayout.SpiffeId:
                var isSpiffeId = ProxySpiffeId.IsId(value);
                text = isSpiffeId ? Encoding.ASCII.GetString(value) : "";
                return isSpiffeId;
            case ProxyTlvLayout.Raw:
                text = value.Length <= MaxTextLength ? Hexadecimal + Convert.ToHexStringLower(value) : "";
                return text.Length > 0;
            default:
                if (value.IsEmpty || value.Length > MaxTextLength || value.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
                {
                    return false;
                }

                text = Encoding.ASCII.GetString(value);
                return true;
        }
    }

    /// <summary>
    /// Whether a TLV has the type of a cloud's or mesh's TLV, but a value of another layout. Such a TLV is shown by its number, because the
    /// name would be wrong. Allocates nothing.
    /// </summary>
    internal static bool IsOtherThanNamed(in ProxyTlv tlv)
    {
        if (ProxyTlvRegistry.Find(tlv.Type) is not { IsCustom: true })
        {
            return false;
        }

        foreach (var field in Known)
        {
            if (field.Type == tlv.Type && field.HasLayout(tlv.Value))
            {
                return false;
            }
        }

        return true;
    }

    private bool HasLayout(ReadOnlySpan<byte> value) => _layout switch
    {
        ProxyTlvLayout.Id => value.Length > 1 && value[0] == _subType && ProxyCloudTlvs.IsId(value[1..]),
        ProxyTlvLayout.BigEndian64 => ProxyCloudTlvs.TryReadGcpPscConnectionId(value, out _),
        ProxyTlvLayout.LittleEndian32 => ProxyCloudTlvs.TryReadAzureLinkId(value, out _),
        ProxyTlvLayout.SpiffeId => ProxySpiffeId.IsId(value),
        _ => true,
    };

    /// <summary>
    /// Whether a TLV's value is equal to an expected value. Host names are compared without case, other values byte for byte.
    /// </summary>
    public bool Matches(ReadOnlySpan<byte> value, ReadOnlySpan<byte> expected) =>
        _layout == ProxyTlvLayout.Text && Type == ProxyTlvType.Authority
            ? Ascii.EqualsIgnoreCase(value, expected)
            : value.SequenceEqual(expected);

    /// <summary>
    /// Finds the field's TLV: the first TLV with its type and sub-type. Later TLVs of the same type are ignored, so that all readers of the
    /// header use the same TLV.
    /// </summary>
    /// <param name="tlvs">The TLV area.</param>
    /// <param name="value">The value of the TLV, which need not have the field's layout.</param>
    public bool TryFindValue(ReadOnlySpan<byte> tlvs, out ReadOnlySpan<byte> value)
    {
        foreach (var tlv in new ProxyTlvReader(tlvs))
        {
            if (tlv.Type == Type && (_subType == 0 || (!tlv.Value.IsEmpty && tlv.Value[0] == _subType)))
            {
                value = tlv.Value;
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>Finds the field's TLV and decodes its value as text.</summary>
    public bool TryFind(ReadOnlySpan<byte> tlvs, out string text)
    {
        text = "";
        return TryFindValue(tlvs, out var value) && TryDecode(value, out text);
    }

    /// <summary>
    /// Describes all TLVs on one line: <c>Authority:example.org,AwsVpcEndpointId:vpce-1,Ssl</c>. A TLV without a readable value is shown by
    /// its name alone, or by its number if the name is a cloud's and the value has another layout. <c>-</c> if there are no TLVs; <c>…</c>
    /// after 32.
    /// </summary>
    public static string Describe(ReadOnlySpan<byte> tlvs)
    {
        if (tlvs.IsEmpty)
        {
            return "-";
        }

        var line = new StringBuilder();
        var count = 0;
        foreach (var tlv in new ProxyTlvReader(tlvs))
        {
            if (++count > MaxDescribed)
            {
                return line.Append(",…").ToString();
            }

            line.Append(line.Length == 0 ? "" : ",");
            var readable = false;
            foreach (var field in Known)
            {
                if (field.Type == tlv.Type && field.TryDecode(tlv.Value, out var text) && !text.Contains(','))
                {
                    line.Append(field.Name).Append(':').Append(text);
                    readable = true;
                    break;
                }
            }

            if (!readable)
            {
                line.Append(ProxyTlvNames.Format(tlv));
            }
        }

        return line.ToString();
    }
}
