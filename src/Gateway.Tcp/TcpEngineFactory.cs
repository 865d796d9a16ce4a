using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Linux;
using Gateway.Tcp.Engines.Portable;

namespace Gateway.Tcp;

/// <summary>Makes the engine that configuration asks for.</summary>
internal static class TcpEngineFactory
{
    /// <exception cref="PlatformNotSupportedException">The Linux engine was asked for elsewhere.</exception>
    /// <param name="kind">Which one.</param>
    /// <param name="time">For the portable engine's timeouts; the Linux engine has its own clock, epoll's.</param>
    /// <param name="ownListeners">Where connections may not get to.</param>
    /// <param name="onFault">Told of a bug that the engine survived; its connection is reset.</param>
    public static ITcpEngine Create(TcpEngineKind kind, TimeProvider time, OwnListeners ownListeners, Action<Exception> onFault) =>
        IsLinux(kind)
            ? new LinuxTcpEngine(new LinuxEngineOptions { OwnListeners = ownListeners, OnFault = onFault })
            : new PortableTcpEngine(time, ownListeners, onFault);

    /// <summary>Whether it is the Linux engine.</summary>
    public static bool IsLinux(TcpEngineKind kind) =>
        kind == TcpEngineKind.Linux || (kind == TcpEngineKind.Auto && OperatingSystem.IsLinux());
}
