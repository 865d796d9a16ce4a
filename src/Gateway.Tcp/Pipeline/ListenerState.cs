using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;

namespace Gateway.Tcp.Pipeline;

/// <summary>What outlives configurations of a bound listener.</summary>
/// <param name="Name">Its key in <c>Listeners</c>.</param>
/// <param name="KeepAlive">Keep-alive of both legs of its connections; null: off.</param>
/// <param name="Intercept">How connections are diverted to it; null: it is connected to.</param>
/// <param name="Port">The bound port; 0: nobody asks.</param>
internal sealed record ListenerState(string Name, TcpKeepAlive? KeepAlive, InterceptMode? Intercept = null, int Port = 0);
