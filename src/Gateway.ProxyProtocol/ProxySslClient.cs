namespace Gateway.ProxyProtocol;

/// <summary>The <c>client</c> bits of the SSL TLV.</summary>
[Flags]
public enum ProxySslClient : byte
{
    /// <summary>None of the bits.</summary>
    None = 0,

    /// <summary>The client connected over TLS.</summary>
    Tls = 0x01,

    /// <summary>The client showed a certificate on this connection.</summary>
    CertificateOnConnection = 0x02,

    /// <summary>The client showed a certificate at least once in this TLS session.</summary>
    CertificateInSession = 0x04,
}
