namespace Gateway.Tcp.Tls;

/// <summary>
/// How a handshake with a client ended: the label <c>result</c> of <c>gateway.tls.handshakes</c>. It is no end of a connection, because
/// handshakes that succeed count too; that of a failed one is <see cref="ServerHandshakeResult.ToOutcome"/>.
/// </summary>
public enum TlsResult
{
    /// <summary>A full handshake.</summary>
    Full,

    /// <summary>An earlier session was resumed.</summary>
    Resumed,

    /// <summary>No certificate fits the name that the client asked for.</summary>
    UnrecognizedName,

    /// <summary>The client sent no certificate that is accepted.</summary>
    ClientCertificate,

    /// <summary>The handshake took longer than HandshakeTimeout.</summary>
    Timeout,

    /// <summary>The client closed the connection.</summary>
    Closed,

    /// <summary>The client sent bytes that are not TLS, or client and gateway have no version, cipher or ALPN protocol in common.</summary>
    Failed,
}
