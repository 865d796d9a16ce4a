using Gateway.Tcp.Engines;

namespace Gateway.Tcp.Pipeline;

/// <summary>What outlives configurations of a bound listener.</summary>
/// <param name="Name">Its key in <c>Listeners</c>.</param>
/// <param name="KeepAlive">Keep-alive of both legs of its connections; null: off.</param>
internal sealed record ListenerState(string Name, TcpKeepAlive? KeepAlive);
