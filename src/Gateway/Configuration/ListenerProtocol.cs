namespace Gateway.Configuration;

/// <summary>The protocol of a listener.</summary>
public enum ListenerProtocol
{
    /// <summary>HTTP, proxied by YARP.</summary>
    Http,

    /// <summary>Raw TCP.</summary>
    Tcp,

    /// <summary>HTTP/1.1 and HTTP/2 over TLS that the gateway ends, proxied by YARP.</summary>
    Https,

    /// <summary>TCP over TLS that the gateway ends.</summary>
    Tls,
}
