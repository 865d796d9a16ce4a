using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Portable;

namespace Gateway.Tcp.Listening;

/// <summary>Makes the engine that configuration asks for.</summary>
internal static class TcpEngineFactory
{
    /// <exception cref="PlatformNotSupportedException">The Linux engine was asked for elsewhere.</exception>
    public static ITcpEngine Create(TcpEngineKind kind, TimeProvider time)
    {
        _ = kind;
        return new PortableTcpEngine(time);
    }
}
