namespace Gateway.Tcp.Configuration;

/// <summary>A destination (<c>TcpProxy:Clusters:NAME:Destinations:NAME</c>).</summary>
public sealed record TcpDestinationConfig
{
    /// <summary><c>host:port</c>, <c>ip:port</c> or <c>[v6]:port</c>. Required.</summary>
    public string? Address { get; init; }

    /// <summary>Its share of new connections, beside the others': 0 to 100. Defaults to 1; 0: none, existing ones go on.</summary>
    public int Weight { get; init; } = 1;
}
