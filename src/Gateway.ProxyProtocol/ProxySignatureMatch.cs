namespace Gateway.ProxyProtocol;

/// <summary>The result of comparing the first bytes of a connection with the signatures.</summary>
public enum ProxySignatureMatch : byte
{
    /// <summary>The bytes are not a header of any version.</summary>
    None,

    /// <summary>Too few bytes: with more bytes they may become a signature (also if there are no bytes yet).</summary>
    Partial,

    /// <summary>The bytes begin with <c>PROXY </c>.</summary>
    V1,

    /// <summary>The bytes begin with version 2's signature of 12 bytes.</summary>
    V2,
}
