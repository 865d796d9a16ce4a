namespace Gateway.Tcp.Configuration;

/// <summary>The property that connections to the same destination have in common.</summary>
public enum TcpSessionAffinityPolicy
{
    /// <summary>
    /// A hash of the client's address. Nothing is stored, and the choice is the same after a restart and on other gateways.
    /// </summary>
    ClientAddress,
}
