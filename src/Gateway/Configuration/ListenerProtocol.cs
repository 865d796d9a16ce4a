namespace Gateway.Configuration;

/// <summary>What a listener speaks.</summary>
public enum ListenerProtocol
{
    /// <summary>HTTP, proxied by YARP.</summary>
    Http,

    /// <summary>Raw TCP.</summary>
    Tcp,
}
