namespace Gateway.Tcp.Configuration;

/// <summary>What a health check of a TCP destination does.</summary>
public enum TcpHealthCheckKind
{
    /// <summary>Connects and closes. The server does not see the connection.</summary>
    Connect,

    /// <summary>Does a TLS handshake.</summary>
    Tls,

    /// <summary>Sends an HTTP request and looks at the status of the answer.</summary>
    Http,

    /// <summary>Sends bytes, or none, and looks for bytes in the answer.</summary>
    Exchange,
}
