using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Portable;

namespace Gateway.Tests.Tcp.Engines;

/// <summary>The suite on the portable engine.</summary>
public sealed class PortableTcpEngineTests : TcpEngineTests
{
    private protected override ITcpEngine CreateEngine(Action<Exception>? onFault = null) =>
        new PortableTcpEngine(TimeProvider.System, Own, onFault);
}
