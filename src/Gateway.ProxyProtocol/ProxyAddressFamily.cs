namespace Gateway.ProxyProtocol;

/// <summary>The address family of a header; the numbers are the high nibble of version 2's 14th byte.</summary>
public enum ProxyAddressFamily : byte
{
    /// <summary>Unknown or not said: the real endpoints count. Every LOCAL header reads as this, whatever nibble it carries.</summary>
    Unspecified = 0,

    /// <summary>IPv4.</summary>
    Inet = 1,

    /// <summary>IPv6.</summary>
    Inet6 = 2,

    /// <summary>A UNIX domain socket: accepted, its two 108 byte paths are skipped.</summary>
    Unix = 3,
}
