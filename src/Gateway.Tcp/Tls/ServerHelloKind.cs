namespace Gateway.Tcp.Tls;

/// <summary>The kind of handshake that a ServerHello begins.</summary>
internal enum ServerHelloKind
{
    /// <summary>The bytes are not a ServerHello.</summary>
    None,

    /// <summary>The server asks the client for another ClientHello (TLS 1.3).</summary>
    Retry,

    /// <summary>A full handshake.</summary>
    Full,

    /// <summary>An earlier session is resumed.</summary>
    Resumed,
}
