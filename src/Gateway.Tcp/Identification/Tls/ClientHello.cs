namespace Gateway.Tcp.Identification.Tls;

/// <summary>What the first message of a TLS client says in clear.</summary>
public sealed record ClientHello
{
    internal ClientHello(string? serverName, IReadOnlyList<string> alpn, int version)
    {
        ServerName = serverName;
        Alpn = alpn;
        Version = version;
    }

    /// <summary>
    /// The host name that the client asks for (with Encrypted ClientHello the outer, public name): lower case, without a trailing dot.
    /// Null if the client sent none, an IP address, or text that is no host name.
    /// </summary>
    public string? ServerName { get; }

    /// <summary>
    /// The names of the application protocols that the client offers, in its order, bytes as Latin-1; without GREASE values. Clients offer
    /// two or three. Names behind the first 64 are left out, so that a hostile client cannot turn each two bytes into an object.
    /// </summary>
    public IReadOnlyList<string> Alpn { get; }

    /// <summary>The highest TLS version that the client offers, as on the wire: 0x0304 is TLS 1.3.</summary>
    public int Version { get; }
}
