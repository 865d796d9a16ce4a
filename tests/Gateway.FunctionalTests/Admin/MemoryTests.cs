using System.Runtime.InteropServices;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Admin;

/// <summary>What a gateway takes that does little.</summary>
public sealed class MemoryTests
{
    [Fact]
    public async Task Gateway_WithoutTls_LoadsNoCryptography()
    {
        await using var echo = RecordingTcpServer.StartEcho();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(ConfigFile.Tcp(port, echo.Address, new { Mode = "None" }));

        using var client = await TcpPeer.ConnectAsync(port);
        await client.SendAsync("echo");
        await client.ReadTextAsync(4);

        var mapped = await File.ReadAllTextAsync($"/proc/{gateway.Process.Id}/maps", TestContext.Current.CancellationToken);
        Assert.DoesNotContain("libcrypto", mapped, StringComparison.Ordinal);
        Assert.DoesNotContain("libssl", mapped, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NativeBuild_AtRest_HasThePagesOfTheStartAlone()
    {
        Assert.SkipWhen(File.Exists(Path.ChangeExtension(RepositoryPaths.GatewayExecutable, ".dll")), "not the native build");
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "the list is made on x86-64");
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile());

        var pages = gateway.Process.ResidentFileBytes();

        // 12 MB of the gateway and the libraries that it loads; without the list, 24.
        Assert.True(pages < 18 << 20, $"{pages >> 20} MB of files are resident: renew src/Gateway/native.order (tests/native_order.py)");
    }
}
