namespace Gateway.Tcp.Identification.Tls;

/// <summary>The result of <see cref="ClientHelloReader.Inspect"/>.</summary>
internal enum ClientHelloStatus
{
    /// <summary>All bytes so far fit a ClientHello, and its end has not come yet.</summary>
    More,

    /// <summary>The ClientHello is complete and has been read.</summary>
    Complete,

    /// <summary>
    /// The client speaks another protocol. A ClientHello of SSL 2 counts as another protocol, because it carries no server name.
    /// </summary>
    NotTls,

    /// <summary>The client began like TLS, but the next bytes are not a ClientHello.</summary>
    Broken,

    /// <summary>The ClientHello is longer than the limit.</summary>
    TooLong,
}
