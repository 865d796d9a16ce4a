namespace Gateway.Tcp.Configuration;

/// <summary>What happens if the client's address cannot be used.</summary>
public enum SourceIpFallback
{
    /// <summary>The connection is refused.</summary>
    Reject,

    /// <summary>A PROXY header is sent instead.</summary>
    ProxyProtocol,

    /// <summary>The connection goes on, and the backend sees the gateway's address.</summary>
    None,
}
