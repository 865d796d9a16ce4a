namespace Gateway.Tcp.Configuration;

/// <summary>How the backend learns the client's address.</summary>
public enum SourceIpMode
{
    /// <summary>The gateway sends a PROXY protocol header before the payload.</summary>
    ProxyProtocol,

    /// <summary>The connection to the backend has the client's address as its source (Linux, IP_TRANSPARENT).</summary>
    Transparent,

    /// <summary>A TCP option carries the client's address.</summary>
    Toa,

    /// <summary>The kernel forwards the client's own packets and rewrites only their destination (nftables).</summary>
    Dnat,

    /// <summary>The backend does not learn the client's address.</summary>
    None,
}
