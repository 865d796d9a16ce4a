namespace Gateway.ProxyProtocol;

/// <summary>On whose behalf the connection was opened.</summary>
public enum ProxyCommand : byte
{
    /// <summary>The proxy itself (a health check, say): the real endpoints count. Version 1's <c>UNKNOWN</c> reads as this.</summary>
    Local = 0,

    /// <summary>Another node, whose endpoints the header names.</summary>
    Proxy = 1,
}
