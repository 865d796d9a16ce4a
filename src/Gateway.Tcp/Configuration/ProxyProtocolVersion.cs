namespace Gateway.Tcp.Configuration;

/// <summary>A version of the PROXY protocol.</summary>
public enum ProxyProtocolVersion
{
    /// <summary>The text line.</summary>
    V1 = 1,

    /// <summary>The binary header.</summary>
    V2 = 2,
}
