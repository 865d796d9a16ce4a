namespace Gateway.ProxyProtocol;

/// <summary>
/// The importance of a TLV for a backend, if there is no room for all TLVs. Most important is the host name that the client asked for,
/// because it decides about the answer. Then follow the client's TLS, the connection's id, and the client's place in a cloud. TLVs without
/// an agreed meaning, or without any meaning, are left out first.
/// </summary>
public static class ProxyTlvImportance
{
    /// <summary>The lowest importance.</summary>
    public const int Least = 0;

    /// <summary>The highest importance, above that of any type.</summary>
    public const int Most = 7;

    /// <summary>The importance of a type without a name, and of a cloud's type with a value of another layout.</summary>
    internal const int Unnamed = 1;

    /// <summary>The importance of a TLV, from <see cref="Least"/>.</summary>
    public static int Of(in ProxyTlv tlv) =>
        ProxyTlvField.IsOtherThanNamed(tlv) ? Unnamed : ProxyTlvRegistry.Find(tlv.Type)?.Importance ?? Unnamed;
}
