using Gateway.Tcp.Engines;
using Gateway.Tcp.SourceIp;

namespace Gateway.Tcp.Dialing;

/// <summary>How the connections of an HTTP cluster are opened (<see cref="SocketDialer"/>).</summary>
/// <param name="Cluster">Its name, for metrics.</param>
/// <param name="SourceIp">How the backend learns the client's address; the client's port is never bound.</param>
/// <param name="KeepAlive">Keep-alive probes; null: off.</param>
/// <param name="NameOf">What metrics call the destination at <c>host:port</c>; null: that.</param>
public sealed record SocketDial(string Cluster, SourceIpModel SourceIp, TcpKeepAlive? KeepAlive, Func<string, string>? NameOf = null);
