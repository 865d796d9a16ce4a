namespace Gateway.Tcp.Identification.Tls;

/// <summary>What <see cref="ClientHelloReader.Inspect"/> has found.</summary>
internal enum ClientHelloStatus
{
    /// <summary>All bytes so far fit a ClientHello, and its end has not come.</summary>
    More,

    /// <summary>The ClientHello is there and has been read.</summary>
    Complete,

    /// <summary>The client speaks something else; SSL 2 hellos count as that, for they carry no name.</summary>
    NotTls,

    /// <summary>The client began like TLS, and what followed is no ClientHello.</summary>
    Broken,

    /// <summary>The ClientHello ends behind the limit.</summary>
    TooLong,
}
