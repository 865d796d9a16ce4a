namespace Gateway.ProxyProtocol;

/// <summary>What the first bytes of a connection look like.</summary>
public enum ProxySignatureMatch : byte
{
    /// <summary>Not a header of any version.</summary>
    None,

    /// <summary>Too few bytes to tell: more could make it a signature (also: no bytes yet).</summary>
    Partial,

    /// <summary>They begin with <c>PROXY </c>.</summary>
    V1,

    /// <summary>They begin with version 2's 12 byte signature.</summary>
    V2,
}
