namespace Gateway.Tcp.Configuration;

/// <summary>How the destination of a new connection is chosen (<c>TcpProxy:Clusters:NAME:LoadBalancingPolicy</c>). YARP's names.</summary>
public enum TcpLoadBalancingPolicy
{
    /// <summary>The destinations in turn, by weight.</summary>
    RoundRobin,

    /// <summary>The destination with the fewest connections for its weight; destinations with equally many take turns by weight.</summary>
    LeastRequests,

    /// <summary>Of two random destinations, the one with fewer connections for its weight.</summary>
    PowerOfTwoChoices,

    /// <summary>A random destination, by weight.</summary>
    Random,

    /// <summary>The usable destination whose name comes first; weights other than 0 have no effect.</summary>
    FirstAlphabetical,
}
