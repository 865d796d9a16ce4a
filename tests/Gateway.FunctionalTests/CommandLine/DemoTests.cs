using System.Text.RegularExpressions;
using Gateway.Testing;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.CommandLine;

/// <summary>The demo: what it prints can be pasted, and shows the client's address.</summary>
public sealed partial class DemoTests
{
    [Fact]
    public async Task Demo_CommandsThatItPrints_WorkWhenPasted()
    {
        Testing.Peers.DebianPeer.Require("curl");
        Testing.Peers.DebianPeer.Require("nc");
        await using var demo = ManagedProcess.Start([RepositoryPaths.GatewayExecutable, "demo"], workingDirectory: Path.GetTempPath());
        await demo.WaitForLineAsync(l => Command().IsMatch(l), "commands to paste", TimeSpan.FromSeconds(30));
        var lines = await Eventually.GetAsync(
            () => Task.FromResult(demo.Lines), lines => lines.Any(l => l.Contains("nc ", StringComparison.Ordinal)), "the whole guide");

        var commands = lines.Select(l => Command().Match(l)).Where(m => m.Success).Select(m => m.Value.Trim()).ToList();
        Assert.True(commands.Count >= 3, string.Join('\n', lines));
        foreach (var command in commands)
        {
            var result = await ProcessRunner.RunAsync(["sh", "-c", command], timeout: TimeSpan.FromSeconds(20));
            Assert.True(result.ExitCode == 0 && result.StandardOutput.Length > 0, $"{command}\n{result.Output}");
        }

        demo.Signal(ManagedProcess.SigInt);
        Assert.Equal(0, await demo.WaitForExitAsync());
    }

    [GeneratedRegex(@"(^|\s)(curl|nc|printf) .*$")]
    private static partial Regex Command();
}
