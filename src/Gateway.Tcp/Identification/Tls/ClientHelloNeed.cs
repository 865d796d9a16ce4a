namespace Gateway.Tcp.Identification.Tls;

/// <summary>Whether a connection goes on without a ClientHello.</summary>
public enum ClientHelloNeed
{
    /// <summary>Nobody asks for it.</summary>
    None,

    /// <summary>Some route would take the connection without.</summary>
    Optional,

    /// <summary>No route would take the connection without.</summary>
    Required,
}
