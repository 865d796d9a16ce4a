namespace Gateway.Tcp.Identification.Tls;

/// <summary>The unencrypted content of a TLS client's first message.</summary>
public sealed record ClientHello
{
    internal ClientHello(string? serverName, IReadOnlyList<string> alpn, int version, EcdsaCurves ecdsa = EcdsaCurves.None)
    {
        ServerName = serverName;
        Alpn = alpn;
        Version = version;
        Ecdsa = ecdsa;
    }

    /// <summary>
    /// The host name that the client asks for, in lower case, without a trailing dot. With Encrypted ClientHello it is the outer, public
    /// name. Null if the client sent no name, an IP address, or text that is not a host name.
    /// </summary>
    public string? ServerName { get; }

    /// <summary>
    /// The names of the application protocols that the client offers, in the client's order, decoded as Latin-1, without GREASE values.
    /// Clients offer two or three. Names after the first 64 are left out, so that a hostile client cannot turn every two bytes into an
    /// object.
    /// </summary>
    public IReadOnlyList<string> Alpn { get; }

    /// <summary>The highest TLS version that the client offers, as the number on the wire: 0x0304 is TLS 1.3.</summary>
    public int Version { get; }

    /// <summary>
    /// The curves for which the client takes an ECDSA certificate. None: it takes RSA only, or does not say what it takes.
    /// </summary>
    public EcdsaCurves Ecdsa { get; }
}
