namespace Gateway.Tcp.Configuration;

/// <summary>
/// How a Tcp listener reads the ClientHello, whose server name and ALPN are compared with those of the listener's routes. Nothing is
/// decrypted.
/// </summary>
public sealed record ClientHelloConfig
{
    /// <summary>The longest time from the end of the PROXY header to a complete ClientHello. Defaults to 5 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest ClientHello in bytes, with the headers of its TLS records. Defaults to 65536.</summary>
    public int MaxBytes { get; init; } = 65536;

    /// <summary>
    /// How long the listener waits for the first byte of a client that a route without ServerNames and Alpn would take. After this time
    /// that route takes the client, because its server may have to speak first. Defaults to 500 ms.
    /// </summary>
    public TimeSpan SilenceWait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The exchange before the ClientHello. Defaults to None.</summary>
    public StartTlsProtocol StartTls { get; init; }
}
