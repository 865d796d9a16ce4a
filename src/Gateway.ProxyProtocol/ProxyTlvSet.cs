namespace Gateway.ProxyProtocol;

/// <summary>A set of TLV types that are passed on from a header. Immutable; one per route.</summary>
public sealed class ProxyTlvSet
{
    private readonly Membership[] _types = new Membership[256];

    /// <summary>The set of the given types.</summary>
    public ProxyTlvSet(IEnumerable<ProxyTlvType> types)
    {
        ArgumentNullException.ThrowIfNull(types);
        foreach (var type in types)
        {
            _types[(byte)type] = Membership.Any;
        }
    }

    // AsNamed: a cloud's name means only values of that cloud's layout, because other senders use the same number for other values.
    private enum Membership : byte
    {
        None,
        AsNamed,
        Any,
    }

    /// <summary>Every type.</summary>
    public static ProxyTlvSet All { get; } = new(Enumerable.Range(0, 256).Select(static type => (ProxyTlvType)type));

    /// <summary>No type.</summary>
    public static ProxyTlvSet None { get; } = new([]);

    /// <summary>
    /// Makes a set from names and numbers. Texts that are neither are left out. A number means the type with any value; a cloud's name
    /// (<c>GcpPscConnectionId</c>) means only values of its layout.
    /// </summary>
    public static ProxyTlvSet Parse(IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        var set = new ProxyTlvSet([]);
        foreach (var name in names)
        {
            if (ProxyTlvNames.TryParse(name, out var type) && set._types[(byte)type] != Membership.Any)
            {
                set._types[(byte)type] = name.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? Membership.Any : Membership.AsNamed;
            }
        }

        return set;
    }

    /// <summary>Whether TLVs of a type belong to the set. For a cloud's name, only those with its layout may belong to it.</summary>
    public bool Contains(ProxyTlvType type) => _types[(byte)type] != Membership.None;

    /// <summary>The set without the given types.</summary>
    public ProxyTlvSet Except(IEnumerable<ProxyTlvType> types)
    {
        ArgumentNullException.ThrowIfNull(types);
        var without = new ProxyTlvSet([]);
        _types.CopyTo(without._types, 0);
        foreach (var type in types)
        {
            without._types[(byte)type] = Membership.None;
        }

        return without;
    }

    /// <summary>
    /// Copies the TLVs that belong to the set, byte for byte and in order. A CRC32C TLV is always left out, because it would not match the
    /// new header, and the writer makes its own.
    /// </summary>
    /// <param name="tlvs">A well-formed area.</param>
    /// <param name="destination">At least as long as <paramref name="tlvs"/>.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public int Copy(ReadOnlySpan<byte> tlvs, Span<byte> destination)
    {
        var written = 0;
        foreach (var tlv in new ProxyTlvReader(tlvs))
        {
            if (Takes(tlv))
            {
                written += ProxyTlvWriter.Write(destination[written..], tlv.Type, tlv.Value);
            }
        }

        return written;
    }

    /// <summary>
    /// Copies as <see cref="Copy(ReadOnlySpan{byte}, Span{byte})"/> does, up to a number of bytes. If not all TLVs fit:
    /// 1. The least important TLVs are left out first (<see cref="ProxyTlvImportance"/>), and the most important TLVs come first.
    /// 2. If a TLV is left out, all later TLVs of its type are left out too, because readers take the first TLV of a type.
    /// </summary>
    /// <param name="tlvs">A well-formed area.</param>
    /// <param name="destination">At least as long as <paramref name="tlvs"/>.</param>
    /// <param name="room">The most bytes to write.</param>
    /// <param name="leftOut">The number of TLVs that were left out because there was no room.</param>
    /// <param name="first">Types that go before all others; null: none.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public int Copy(ReadOnlySpan<byte> tlvs, Span<byte> destination, int room, out int leftOut, ProxyTlvSet? first = null)
    {
        leftOut = 0;
        if (LengthOf(tlvs) <= room)
        {
            return Copy(tlvs, destination);
        }

        Span<bool> without = stackalloc bool[256];
        without.Clear();
        var written = 0;
        for (var importance = ProxyTlvImportance.Most; importance >= ProxyTlvImportance.Least; importance--)
        {
            foreach (var tlv in new ProxyTlvReader(tlvs))
            {
                if (!Takes(tlv) || importance != (first?.Takes(tlv) == true ? ProxyTlvImportance.Most : ProxyTlvImportance.Of(tlv)))
                {
                    continue;
                }

                if (!without[(byte)tlv.Type] && written + ProxyTlv.PrefixLength + tlv.Value.Length <= room)
                {
                    written += ProxyTlvWriter.Write(destination[written..], tlv.Type, tlv.Value);
                }
                else
                {
                    without[(byte)tlv.Type] = true;
                    leftOut++;
                }
            }
        }

        return written;
    }

    private int LengthOf(ReadOnlySpan<byte> tlvs)
    {
        var length = 0;
        foreach (var tlv in new ProxyTlvReader(tlvs))
        {
            length += Takes(tlv) ? ProxyTlv.PrefixLength + tlv.Value.Length : 0;
        }

        return length;
    }

    private bool Takes(in ProxyTlv tlv) => tlv.Type != ProxyTlvType.Crc32c && _types[(byte)tlv.Type] switch
    {
        Membership.Any => true,
        Membership.AsNamed => !ProxyTlvField.IsOtherThanNamed(tlv),
        _ => false,
    };
}
