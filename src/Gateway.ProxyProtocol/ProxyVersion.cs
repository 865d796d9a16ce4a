namespace Gateway.ProxyProtocol;

/// <summary>A version of the PROXY protocol (HAProxy's <c>doc/proxy-protocol.txt</c>, edition of 2026/04/27).</summary>
public enum ProxyVersion : byte
{
    /// <summary>The text line: <c>PROXY TCP4 …\r\n</c> (section 2.1).</summary>
    V1 = 1,

    /// <summary>The binary header with optional TLVs (section 2.2).</summary>
    V2 = 2,
}
