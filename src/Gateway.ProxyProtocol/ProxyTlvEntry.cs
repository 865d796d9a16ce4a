namespace Gateway.ProxyProtocol;

/// <summary>One named TLV.</summary>
/// <param name="Name">What configuration and logs call it.</param>
/// <param name="Type">Its type.</param>
/// <param name="Layout">How its value is read.</param>
/// <param name="SubType">The first byte of its value; 0: it has none.</param>
/// <param name="Importance">See <see cref="ProxyTlvImportance"/>. Defaults to that of a type without a name.</param>
internal sealed record ProxyTlvEntry(
    string Name,
    ProxyTlvType Type,
    ProxyTlvLayout Layout,
    byte SubType = 0,
    int Importance = ProxyTlvImportance.Unnamed)
{
    /// <summary>
    /// Whether other senders use the same type for other things, so that the name is right only for values of its layout.
    /// </summary>
    public bool IsCloud => Layout is ProxyTlvLayout.Id or ProxyTlvLayout.BigEndian64 or ProxyTlvLayout.LittleEndian32;
}
