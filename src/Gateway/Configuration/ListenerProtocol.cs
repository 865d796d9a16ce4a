namespace Gateway.Configuration;

/// <summary>What a listener speaks.</summary>
public enum ListenerProtocol
{
    /// <summary>HTTP, proxied by YARP.</summary>
    Http,

    /// <summary>Raw TCP.</summary>
    Tcp,

    /// <summary>HTTP/1.1 and HTTP/2 over TLS that ends here, proxied by YARP.</summary>
    Https,

    /// <summary>TCP over TLS that ends here.</summary>
    Tls,
}
