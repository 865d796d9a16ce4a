namespace Gateway.Tcp.Configuration;

/// <summary>How the backend learns the client's address.</summary>
public enum SourceIpMode
{
    /// <summary>A PROXY protocol header before the payload.</summary>
    ProxyProtocol,

    /// <summary>The connection comes from the client's address (Linux, IP_TRANSPARENT).</summary>
    Transparent,

    /// <summary>A TCP option carries it.</summary>
    Toa,

    /// <summary>The kernel forwards the client's own packets and rewrites their destination alone (nftables).</summary>
    Dnat,

    /// <summary>It does not.</summary>
    None,
}
