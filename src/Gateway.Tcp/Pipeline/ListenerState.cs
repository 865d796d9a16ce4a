using Gateway.Tcp.Admission;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;

namespace Gateway.Tcp.Pipeline;

/// <summary>The state of a bound listener that stays the same when the configuration changes.</summary>
/// <param name="Name">The listener's key in <c>Listeners</c>.</param>
/// <param name="KeepAlive">Keep-alive of the client's and of the backend's connections; null: off.</param>
/// <param name="UserTimeout">TCP_USER_TIMEOUT of the client's and of the backend's connections; null: the kernel's.</param>
/// <param name="Intercept">How the kernel diverts connections to the listener; null: clients connect to the listener itself.</param>
/// <param name="Port">The bound port; 0: not needed.</param>
/// <param name="Admission">How the listener admits clients; null: it admits all.</param>
internal sealed record ListenerState(
    string Name,
    TcpKeepAlive? KeepAlive,
    TimeSpan? UserTimeout = null,
    InterceptMode? Intercept = null,
    int Port = 0,
    ListenerAdmission? Admission = null);
