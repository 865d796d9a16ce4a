using System.Text.RegularExpressions;
using Gateway.Configuration.Loading;
using Gateway.Testing;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Deploy;

/// <summary>deploy/systemd and what deploy/package.sh puts beside it. tests/package.sh runs them in a real systemd.</summary>
public sealed class SystemdTests
{
    // Of 10.0. What is left is what a proxy does (Internet, UNIX and netlink sockets, the host's network) and what .NET does (executable
    // memory).
    private const double MostExposed = 1.5;

    private static readonly string Folder = Path.Combine(RepositoryPaths.Root, "deploy/systemd");
    private static readonly string Service = File.ReadAllText(Path.Combine(Folder, "gateway.service"));

    [Fact]
    public async Task Service_BySystemdsOwnMeasure_IsHardlyExposed()
    {
        var measured = await ProcessRunner.RunAsync(
            [
                DebianPeer.Require("systemd-analyze"), "security", "--offline=yes", "--no-pager", $"--threshold={MostExposed * 10:0}",
                Path.Combine(Folder, "gateway.service"),
            ]);

        Assert.True(measured.ExitCode == 0, measured.Output);
        Assert.Contains("Overall exposure level for gateway.service", measured.Output, StringComparison.Ordinal);
    }

    /// <summary>No key is unknown to systemd: it would only warn, and go on without the restriction.</summary>
    [Fact]
    public async Task Units_BySystemdsOwnReader_HaveNoUnknownKey()
    {
        using var folder = new TemporaryFolder();
        folder.Write("gateway.service", Service.Replace("/usr/lib/gateway/Gateway", "/bin/true", StringComparison.Ordinal));
        folder.Write(
            "gateway.socket", await File.ReadAllTextAsync(Path.Combine(Folder, "gateway.socket"), TestContext.Current.CancellationToken));

        var verified = await ProcessRunner.RunAsync(
            [
                DebianPeer.Require("systemd-analyze"), "verify", "--man=no", Path.Combine(folder.Path, "gateway.service"),
                Path.Combine(folder.Path, "gateway.socket"),
            ]);

        Assert.DoesNotContain(folder.Path, verified.Output, StringComparison.Ordinal);
        Assert.Equal(0, verified.ExitCode);
    }

    [Fact]
    public void Units_AndTheDefaultConfiguration_MeanTheSame()
    {
        var config = ConfigReader.Read(
            Path.Combine(RepositoryPaths.Root, "appsettings/appsettings.json"), new Dictionary<string, string>()).Config!;
        var sockets = File.ReadAllText(Path.Combine(Folder, "gateway.socket"));

        Assert.Equal(
            config.Listeners.Values.Select(static listener => listener.Address!.Replace("*:", "", StringComparison.Ordinal)).Order(),
            Regex.Matches(sockets, @"^ListenStream=(\S+)$", RegexOptions.Multiline).Select(static match => match.Groups[1].Value).Order());
        // systemd sends SIGKILL after this time: the drain must have ended by then.
        var stop = TimeSpan.FromSeconds(
            int.Parse(Regex.Match(Service, @"^TimeoutStopSec=(\d+)s$", RegexOptions.Multiline).Groups[1].Value, null));
        Assert.True(config.Shutdown.DrainDelay + config.Shutdown.DrainTimeout < stop);
        // The path of docs/replacement.md.
        Assert.Contains("\nRuntimeDirectory=gateway\nRuntimeDirectoryMode=0700\n", Service, StringComparison.Ordinal);
        Assert.Contains("\nUser=gateway\n", Service, StringComparison.Ordinal);
        Assert.Matches(@"^u gateway - ", File.ReadAllText(Path.Combine(Folder, "gateway.sysusers")).Split('\n')[1]);
    }

    /// <summary>The manual page of the package names every command that the program has.</summary>
    [Fact]
    public async Task ManualPage_EveryCommandOfTheProgram_IsInIt()
    {
        var help = (await ProcessRunner.RunAsync([RepositoryPaths.GatewayExecutable, "--help"])).RequireSuccess().StandardOutput;
        var listed = help[help.IndexOf("Commands:", StringComparison.Ordinal)..];
        var commands = Regex.Matches(listed, @"^  (\w+)  ", RegexOptions.Multiline).Select(static match => match.Groups[1].Value).ToArray();
        var page = await File.ReadAllTextAsync(
            Path.Combine(RepositoryPaths.Root, "deploy/package/gateway.8"), TestContext.Current.CancellationToken);

        Assert.Contains("validate", commands);
        Assert.All(commands, command => Assert.Contains($"\n.TP\n.B {command}\n", page, StringComparison.Ordinal));
    }
}
