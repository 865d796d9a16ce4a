namespace Gateway.Tcp.Configuration;

/// <summary>What happens to a connection that the rules of a <c>ProxyProtocol</c> section refuse.</summary>
public enum ProxyProtocolEnforcement
{
    /// <summary>The connection is refused.</summary>
    Enforce,

    /// <summary>The connection is counted and logged, and goes on with the peer as its client.</summary>
    Observe,
}
