namespace Gateway.Tcp.Configuration;

/// <summary>What happens to new connections while health checks have taken every destination of a cluster out of use.</summary>
public enum TcpAllDownAction
{
    /// <summary>All destinations are tried, because wrong checks must not be worse than no checks.</summary>
    TryAll,

    /// <summary>The connection is refused at once.</summary>
    Reject,
}
