namespace Gateway.Tcp.Tls;

/// <summary>What a ServerHello says of the handshake.</summary>
internal enum ServerHelloKind
{
    /// <summary>It is none.</summary>
    None,

    /// <summary>The client is asked for another hello (TLS 1.3).</summary>
    Retry,

    /// <summary>A full handshake.</summary>
    Full,

    /// <summary>An earlier session is taken up.</summary>
    Resumed,
}
