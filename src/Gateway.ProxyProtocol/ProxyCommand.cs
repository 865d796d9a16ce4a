namespace Gateway.ProxyProtocol;

/// <summary>For whom the proxy opened the connection.</summary>
public enum ProxyCommand : byte
{
    /// <summary>For itself (a health check, say): the real endpoints count. Version 1's <c>UNKNOWN</c> is parsed as this.</summary>
    Local = 0,

    /// <summary>For another node: the header has the endpoints of its connection.</summary>
    Proxy = 1,
}
