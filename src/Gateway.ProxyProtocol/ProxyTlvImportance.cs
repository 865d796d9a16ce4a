namespace Gateway.ProxyProtocol;

/// <summary>
/// How much a backend would miss a TLV, where there is no room for all: for whom the client asked decides what it is answered; then comes
/// what is known of its TLS, then the connection's id, then where in a cloud it comes from. What has no meaning that anybody agreed on, or
/// none at all, goes first.
/// </summary>
public static class ProxyTlvImportance
{
    /// <summary>The least.</summary>
    public const int Least = 0;

    /// <summary>More than any TLV's own.</summary>
    public const int Most = 7;

    /// <summary>That of a type without a name, and of a cloud's type with another sender's value.</summary>
    internal const int Unnamed = 1;

    /// <summary>A TLV's, from <see cref="Least"/>.</summary>
    public static int Of(in ProxyTlv tlv) =>
        ProxyTlvField.IsOtherThanNamed(tlv) ? Unnamed : ProxyTlvRegistry.Find(tlv.Type)?.Importance ?? Unnamed;
}
