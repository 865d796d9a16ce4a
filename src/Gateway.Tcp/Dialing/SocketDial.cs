using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.SourceIp;

namespace Gateway.Tcp.Dialing;

/// <summary>How the connections of an HTTP cluster are opened (<see cref="SocketDialer"/>).</summary>
/// <param name="Cluster">The name of the cluster, for metrics.</param>
/// <param name="SourceIp">How the backend learns the client's address; the client's port is never bound.</param>
/// <param name="KeepAlive">Keep-alive probes; null: off.</param>
/// <param name="NameOf">Gives the name that metrics use for the destination at <c>host:port</c>; null: they use <c>host:port</c>.</param>
public sealed record SocketDial(string Cluster, SourceIpModel SourceIp, TcpKeepAlive? KeepAlive, Func<string, string>? NameOf = null)
{
    /// <summary>TCP_USER_TIMEOUT; null: the kernel's.</summary>
    public TimeSpan? UserTimeout { get; init; }

    /// <summary>Buffers and DSCP. Defaults to the kernel's.</summary>
    public SocketConfig Socket { get; init; } = new();
}
