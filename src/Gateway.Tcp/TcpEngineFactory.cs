using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Linux;
using Gateway.Tcp.Engines.Portable;

namespace Gateway.Tcp;

/// <summary>Makes the engine that the configuration asks for.</summary>
internal static class TcpEngineFactory
{
    /// <exception cref="PlatformNotSupportedException">The Linux engine was asked for on another system.</exception>
    /// <param name="kind">Which engine.</param>
    /// <param name="time">For the portable engine's timeouts. The Linux engine has the clock of its event loops.</param>
    /// <param name="ownListeners">The listeners of this process, which must not be dialed.</param>
    /// <param name="onFault">Called for an exception by a bug that the engine survived. The connection has been reset.</param>
    public static ITcpEngine Create(TcpEngineKind kind, TimeProvider time, OwnListeners ownListeners, Action<Exception> onFault) =>
        kind.IsLinux()
            ? new LinuxTcpEngine(new LinuxEngineOptions { OwnListeners = ownListeners, OnFault = onFault })
            : new PortableTcpEngine(time, ownListeners, onFault);
}
