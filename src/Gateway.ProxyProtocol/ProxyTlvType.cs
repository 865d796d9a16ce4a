namespace Gateway.ProxyProtocol;

/// <summary>
/// The types of TLVs that are registered (specification, section 2.2) or that cloud load balancers and meshes use. Any other byte is legal
/// too.
/// </summary>
public enum ProxyTlvType : byte
{
    /// <summary>The application protocol that TLS negotiated, as in ALPN (<c>h2</c>).</summary>
    Alpn = 0x01,

    /// <summary>The host name that the client asked for (TLS SNI), in UTF-8.</summary>
    Authority = 0x02,

    /// <summary>CRC32C of the whole header: 4 bytes, big endian. The writer makes a new one, so it is never passed on.</summary>
    Crc32c = 0x03,

    /// <summary>Padding, to be ignored.</summary>
    Noop = 0x04,

    /// <summary>An opaque id of the connection, at most 128 bytes.</summary>
    UniqueId = 0x05,

    /// <summary>The client's TLS, as the sender knows it. Read it with <see cref="ProxySslTlv"/>.</summary>
    Ssl = 0x20,

    /// <summary>In <see cref="Ssl"/>: the TLS version (<c>TLSv1.3</c>).</summary>
    SslVersion = 0x21,

    /// <summary>In <see cref="Ssl"/>: the common name of the client's certificate, UTF-8.</summary>
    SslCommonName = 0x22,

    /// <summary>In <see cref="Ssl"/>: the cipher.</summary>
    SslCipher = 0x23,

    /// <summary>In <see cref="Ssl"/>: the algorithm that signed the certificate.</summary>
    SslSignatureAlgorithm = 0x24,

    /// <summary>In <see cref="Ssl"/>: the algorithm of the certificate's key.</summary>
    SslKeyAlgorithm = 0x25,

    /// <summary>In <see cref="Ssl"/>: the key exchange group (2026/04/27 edition).</summary>
    SslGroup = 0x26,

    /// <summary>In <see cref="Ssl"/>: the signature scheme (2026/04/27 edition).</summary>
    SslSignatureScheme = 0x27,

    /// <summary>In <see cref="Ssl"/>: the client's certificate, DER (2026/04/27 edition).</summary>
    SslClientCertificate = 0x28,

    /// <summary>The name of the sender's network namespace, ASCII.</summary>
    Netns = 0x30,

    /// <summary>Istio's ztunnel: the SPIFFE id of the caller, whose certificate it verified, ASCII.</summary>
    SpiffeId = 0xD0,

    /// <summary>Google Cloud Private Service Connect: the connection id, 8 bytes, big endian.</summary>
    GcpPscConnectionId = 0xE0,

    /// <summary>Alibaba Cloud: a sub-type (1 VPC, 2 endpoint, 3 service) and an id.</summary>
    AlibabaVpcId = 0xE1,

    /// <summary>AWS: sub-type 1 and the id of the VPC endpoint.</summary>
    AwsVpcEndpointId = 0xEA,

    /// <summary>Azure Private Link: sub-type 1 and the LinkID, 4 bytes, little endian.</summary>
    AzurePrivateLinkId = 0xEE,
}
