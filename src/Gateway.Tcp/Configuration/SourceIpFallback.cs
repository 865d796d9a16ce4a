namespace Gateway.Tcp.Configuration;

/// <summary>What happens when a client's address cannot be used.</summary>
public enum SourceIpFallback
{
    /// <summary>The connection is refused.</summary>
    Reject,

    /// <summary>A PROXY header is sent instead.</summary>
    ProxyProtocol,

    /// <summary>The backend sees the gateway.</summary>
    None,
}
