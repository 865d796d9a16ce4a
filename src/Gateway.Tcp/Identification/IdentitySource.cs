namespace Gateway.Tcp.Identification;

/// <summary>How a client's address was learned.</summary>
public enum IdentitySource : byte
{
    /// <summary>The client is the peer of the accepted socket.</summary>
    Socket,

    /// <summary>From a PROXY protocol version 1 line.</summary>
    ProxyProtocolV1,

    /// <summary>From a PROXY protocol version 2 header.</summary>
    ProxyProtocolV2,

    /// <summary>From a TCP option (TOA).</summary>
    Toa,
}
