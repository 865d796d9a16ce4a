namespace Gateway.Tcp.Configuration;

/// <summary>
/// How a Tcp listener reads the ClientHello, from which its routes' server names and ALPN are matched. Nothing is decrypted.
/// </summary>
public sealed record ClientHelloConfig
{
    /// <summary>The longest time from the end of the PROXY header to a complete ClientHello. Defaults to 5 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest ClientHello in bytes, with the TLS records around it. Defaults to 65536.</summary>
    public int MaxBytes { get; init; } = 65536;

    /// <summary>
    /// How long a client that has sent nothing is waited for where a route without ServerNames and Alpn would take it: its server may have
    /// to speak first. Then that route takes it. Defaults to 500 ms.
    /// </summary>
    public TimeSpan SilenceWait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>What comes before the ClientHello. Defaults to None.</summary>
    public StartTlsProtocol StartTls { get; init; }
}
