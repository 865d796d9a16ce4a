namespace Gateway.Tcp.Configuration;

/// <summary>What connections have in common that belong together.</summary>
public enum TcpSessionAffinityPolicy
{
    /// <summary>The client's address, as a hash: nothing is remembered, and restarts and other gateways choose alike.</summary>
    ClientAddress,
}
