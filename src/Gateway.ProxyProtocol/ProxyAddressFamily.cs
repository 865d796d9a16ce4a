namespace Gateway.ProxyProtocol;

/// <summary>The address family of a header; the numbers are the high nibble of version 2's 14th byte.</summary>
public enum ProxyAddressFamily : byte
{
    /// <summary>Unknown or not specified: the real endpoints count. Every LOCAL header is parsed as this, with any nibble.</summary>
    Unspecified = 0,

    /// <summary>IPv4.</summary>
    Inet = 1,

    /// <summary>IPv6.</summary>
    Inet6 = 2,

    /// <summary>A UNIX domain socket. Accepted; the two paths of 108 bytes are skipped.</summary>
    Unix = 3,
}
