namespace Gateway.Tcp.Tls;

/// <summary>How a handshake with a client ended: the label <c>result</c> of <c>gateway.tls.handshakes</c>.</summary>
public enum TlsResult
{
    /// <summary>A full handshake.</summary>
    Full,

    /// <summary>A session was taken up again.</summary>
    Resumed,

    /// <summary>No certificate is for the name that the client asked for.</summary>
    UnrecognizedName,

    /// <summary>The client has no certificate that is taken.</summary>
    ClientCertificate,

    /// <summary>The handshake took longer than HandshakeTimeout.</summary>
    Timeout,

    /// <summary>The client left.</summary>
    Closed,

    /// <summary>What came is no TLS, or there is no version, cipher or ALPN protocol in common.</summary>
    Failed,
}
