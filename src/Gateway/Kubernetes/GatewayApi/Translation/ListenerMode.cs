namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>What a listener does with connections.</summary>
internal enum ListenerMode
{
    /// <summary>The protocol or mode is not supported.</summary>
    Unsupported,

    /// <summary>Bytes, whatever they are.</summary>
    Tcp,

    /// <summary>TLS that goes on to the backend. Routes match the ClientHello.</summary>
    Passthrough,

    /// <summary>TLS that ends here.</summary>
    Terminate,

    /// <summary>HTTP in clear.</summary>
    Http,

    /// <summary>HTTP in TLS that ends here.</summary>
    Https,
}
