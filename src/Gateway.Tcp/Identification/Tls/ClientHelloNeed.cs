namespace Gateway.Tcp.Identification.Tls;

/// <summary>Whether a connection can go on without a ClientHello.</summary>
public enum ClientHelloNeed
{
    /// <summary>The ClientHello is not needed.</summary>
    None,

    /// <summary>Some route accepts the connection without a ClientHello.</summary>
    Optional,

    /// <summary>No route accepts the connection without a ClientHello.</summary>
    Required,
}
