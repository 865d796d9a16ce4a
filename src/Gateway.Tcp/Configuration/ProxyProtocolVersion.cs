namespace Gateway.Tcp.Configuration;

/// <summary>A PROXY protocol version as configuration writes it.</summary>
public enum ProxyProtocolVersion
{
    /// <summary>The text line.</summary>
    V1 = 1,

    /// <summary>The binary header.</summary>
    V2 = 2,
}
