using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Gateway.ProxyProtocol;

/// <summary>
/// One value that a TLV can hold, under the name that configuration and logs use: a text (<c>Authority</c>), a cloud's id
/// (<c>AwsVpcEndpointId</c>, without its sub-type) or the bytes of a type by number (<c>0xE9</c>). The three ids of Alibaba Cloud share a
/// type and are told apart by their sub-type.
/// </summary>
/// <remarks>Layouts: <see cref="ProxyCloudTlvs"/>; texts: specification, section 2.2.</remarks>
public sealed class ProxyTlvField
{
    private const string Hexadecimal = "0x";

    // Host names have 253 characters, ids of connections 128 (specification, section 2.2.5); what is longer is no text to show.
    private const int MaxTextLength = 255;

    // A header of 4 KB has room for 1300 empty ones, and a log's line has not.
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

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The type of the TLV that holds it.</summary>
    public ProxyTlvType Type { get; }

    /// <summary>Whether any text is a value of it, so that a template can make one.</summary>
    public bool IsFreeText => _layout is ProxyTlvLayout.Text or ProxyTlvLayout.Raw;

    /// <summary>
    /// Finds a field by name (in any case) or by <c>0x</c> and one or two hexadecimal digits: then the value is the TLV's, whatever its
    /// layout.
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

    /// <summary>Makes the bytes of a TLV that holds a value.</summary>
    /// <param name="text">
    /// A text; an id in letters, digits and hyphens; a decimal number; for a type by number a text, or bytes as <c>0x0a0b</c>.
    /// </param>
    /// <param name="value">The TLV's value.</param>
    /// <returns>False if the field cannot hold it.</returns>
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
    /// Reads a TLV's value as text: printable ASCII without blanks, fit for a log's line and a header. A type by number is told as
    /// <c>0x</c> and hexadecimal digits.
    /// </summary>
    /// <param name="value">The value of a TLV of <see cref="Type"/>.</param>
    /// <param name="text">The text.</param>
    /// <returns>False if it does not have the field's layout, or is too long or not printable.</returns>
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
    /// Whether a TLV has the type of a cloud's, and a value that is not: its number says what it is, the cloud's name would not. Allocates
    /// nothing.
    /// </summary>
    internal static bool IsOtherThanNamed(in ProxyTlv tlv)
    {
        if (ProxyTlvRegistry.Find(tlv.Type) is not { IsCloud: true })
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
        _ => true,
    };

    /// <summary>
    /// Whether a TLV's value is an expected one. Host names are compared regardless of case, anything else byte for byte.
    /// </summary>
    public bool Matches(ReadOnlySpan<byte> value, ReadOnlySpan<byte> expected) =>
        _layout == ProxyTlvLayout.Text && Type == ProxyTlvType.Authority
            ? Ascii.EqualsIgnoreCase(value, expected)
            : value.SequenceEqual(expected);

    /// <summary>
    /// The field's TLV among a header's: the first of its type and sub-type. What comes behind it under the same type is nobody's word: a
    /// reader that took any of them could take another one than its neighbour.
    /// </summary>
    /// <param name="tlvs">The area.</param>
    /// <param name="value">Its value, which need not have the field's layout.</param>
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

    /// <summary>The value of the field's TLV among a header's, as text.</summary>
    public bool TryFind(ReadOnlySpan<byte> tlvs, out string text)
    {
        text = "";
        return TryFindValue(tlvs, out var value) && TryDecode(value, out text);
    }

    /// <summary>
    /// All TLVs on one line: <c>Authority:example.org,AwsVpcEndpointId:vpce-1,Ssl</c>. Those without a readable value by name alone, or by
    /// number if the name is a cloud's and the value something else; <c>-</c> if there are none; <c>…</c> behind 32.
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
