using System.Text.RegularExpressions;
using Gateway.Testing;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.CommandLine;

/// <summary>The demo: what it prints can be pasted, and shows what it says.</summary>
public sealed partial class DemoTests
{
    [Fact]
    public async Task Demo_CommandsThatItPrints_AnswerAsItSays()
    {
        DebianPeer.Require("curl");
        DebianPeer.Require("nc");
        await using var demo = ManagedProcess.Start([RepositoryPaths.GatewayExecutable, "demo"], workingDirectory: Path.GetTempPath());
        await demo.WaitForLineAsync(line => line.Contains("Ctrl+C", StringComparison.Ordinal), "the end of the guide", TimeSpan.FromSeconds(30));

        var commands = Parse(demo.Lines);
        Assert.True(commands.Count >= 7, demo.Output);
        Assert.DoesNotContain(demo.Lines, LogLevels.IsComplaint);
        foreach (var (command, expected) in commands)
        {
            var result = await ProcessRunner.RunAsync(["sh", "-c", command], timeout: TimeSpan.FromSeconds(20));
            Assert.True(expected.All(line => Matches(result.StandardOutput, line)), $"{command}\nsaid\n{result.Output}\nnot\n{string.Join('\n', expected)}");
        }

        demo.Signal(ManagedProcess.SigInt);
        Assert.Equal(0, await demo.WaitForExitAsync());
    }

    // A command is indented and starts with curl or printf; what it must answer follows, each line behind a », up to an explanation behind a ←.
    private static List<(string Command, List<string> Expected)> Parse(IReadOnlyList<string> lines)
    {
        var commands = new List<(string Command, List<string> Expected)>();
        foreach (var line in lines)
        {
            if (Command().Match(line) is { Success: true } command)
            {
                commands.Add((command.Value.Trim(), []));
            }
            else if (line.TrimStart().StartsWith('»'))
            {
                commands[^1].Expected.Add(line.TrimStart()[1..].Split('←')[0].Trim());
            }
        }

        return commands;
    }

    private static bool Matches(string output, string expected) => expected == "(nothing)"
        ? output.Length == 0
        : Regex.IsMatch(output, Regex.Escape(expected).Replace("…", ".*", StringComparison.Ordinal));

    [GeneratedRegex(@"^\s+(curl|printf) .*$")]
    private static partial Regex Command();
}
