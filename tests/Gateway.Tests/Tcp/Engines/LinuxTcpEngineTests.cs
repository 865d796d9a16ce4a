using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Linux;

namespace Gateway.Tests.Tcp.Engines;

/// <summary>The suite on the Linux engine, and (<c>.Faults</c>, <c>.Splice</c>) what only this engine has.</summary>
public sealed partial class LinuxTcpEngineTests : TcpEngineTests
{
    private protected override ITcpEngine CreateEngine(Action<Exception>? onFault = null) =>
        CreateEngine(new LinuxEngineOptions { LoopCount = 2, OwnListeners = Own, OnFault = onFault });

    private static LinuxTcpEngine CreateEngine(LinuxEngineOptions options)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("The Linux engine needs Linux.");
        }

        return new LinuxTcpEngine(options);
    }
}
