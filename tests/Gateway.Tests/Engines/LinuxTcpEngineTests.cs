using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Linux;

namespace Gateway.Tests.Engines;

/// <summary>The suite on the Linux engine.</summary>
public sealed class LinuxTcpEngineTests : TcpEngineTests
{
    private protected override ITcpEngine CreateEngine()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("The Linux engine needs Linux.");
        }

        return new LinuxTcpEngine(new LinuxEngineOptions { LoopCount = 2 });
    }
}
