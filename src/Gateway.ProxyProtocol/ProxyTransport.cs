namespace Gateway.ProxyProtocol;

/// <summary>The transport of a header; the numbers are the low nibble of version 2's 14th byte.</summary>
public enum ProxyTransport : byte
{
    /// <summary>Unknown or not said.</summary>
    Unspecified = 0,

    /// <summary>TCP, or a UNIX stream. The only one whose addresses are used.</summary>
    Stream = 1,

    /// <summary>UDP, or a UNIX datagram: accepted on a TCP connection, but the real endpoints count (as in HAProxy and nginx).</summary>
    Datagram = 2,
}
