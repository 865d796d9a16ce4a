namespace Gateway.ProxyProtocol;

/// <summary>One named TLV.</summary>
/// <param name="Name">The name in configuration and logs.</param>
/// <param name="Type">The type of the TLV.</param>
/// <param name="Layout">The layout of the value.</param>
/// <param name="SubType">The sub-type, which is the first byte of the value; 0: there is none.</param>
/// <param name="Importance">See <see cref="ProxyTlvImportance"/>. Defaults to the importance of a type without a name.</param>
internal sealed record ProxyTlvEntry(
    string Name,
    ProxyTlvType Type,
    ProxyTlvLayout Layout,
    byte SubType = 0,
    int Importance = ProxyTlvImportance.Unnamed)
{
    /// <summary>
    /// Whether this is a cloud's or a mesh's TLV, from the numbers that everybody may use. Other senders use the same type for other
    /// values, so the name is right only for values of its layout.
    /// </summary>
    public bool IsCustom =>
        Layout is ProxyTlvLayout.Id or ProxyTlvLayout.BigEndian64 or ProxyTlvLayout.LittleEndian32 or ProxyTlvLayout.SpiffeId;
}
