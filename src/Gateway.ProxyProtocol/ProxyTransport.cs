namespace Gateway.ProxyProtocol;

/// <summary>The transport of a header; the numbers are the low nibble of version 2's 14th byte.</summary>
public enum ProxyTransport : byte
{
    /// <summary>Unknown or not specified.</summary>
    Unspecified = 0,

    /// <summary>TCP, or a UNIX stream. Only this transport's addresses are used.</summary>
    Stream = 1,

    /// <summary>UDP, or a UNIX datagram. Accepted on a TCP connection, but the real endpoints count (as in HAProxy and nginx).</summary>
    Datagram = 2,
}
