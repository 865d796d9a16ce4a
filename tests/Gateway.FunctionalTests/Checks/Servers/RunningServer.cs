using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Checks.Servers;

/// <summary>A server that was started from its recipe, or why it was not.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    /// <summary>In front of a command whose answers are waited for in fractions of a second, beside other tests. Without the right it is an ordinary one.</summary>
    public static readonly IReadOnlyList<string> Prompt = ["sh", "-c", "renice -n -10 -p $$ >/dev/null 2>&1; exec \"$@\"", "sh"];

    private readonly ServerFolder? _folder;
    private readonly ManagedProcess? _process;

    private RunningServer(ServerRecipe recipe, ServerFolder? folder = null, ManagedProcess? process = null) => (Recipe, _folder, _process) = (recipe, folder, process);

    public ServerRecipe Recipe { get; }

    /// <summary>Why it cannot be had here: a test's reason to be skipped.</summary>
    public string? Missing { get; private init; }

    /// <summary>Why it did not start although it is there.</summary>
    public Exception? Failure { get; private init; }

    public IReadOnlyList<int> Ports => _folder?.Ports ?? [];

    /// <summary>What it has printed.</summary>
    public IReadOnlyList<string> Lines => _process?.Lines ?? [];

    /// <summary>What it has written to the file <c>log</c> of its folder.</summary>
    public IReadOnlyList<string> Log => File.Exists(LogPath) ? File.ReadAllLines(LogPath) : [];

    private string LogPath => Path.Combine(_folder!.Path, "log");

    /// <summary>Starts it; returns once it listens on all of its ports.</summary>
    /// <param name="recipe">How.</param>
    /// <param name="prefix">What is put in front of the command.</param>
    public static async Task<RunningServer> StartAsync(ServerRecipe recipe, params string[] prefix)
    {
        if (WhatIsMissing(recipe) is { } missing)
        {
            return new RunningServer(recipe) { Missing = missing };
        }

        var folder = new ServerFolder(recipe.Ports).Open();
        ManagedProcess? process = null;
        try
        {
            string[] user = recipe.User is { } name ? [DebianPeer.Require("setpriv"), $"--reuid={name}", $"--regid={name}", "--clear-groups"] : [];
            process = ManagedProcess.Start([.. Prompt, .. prefix, .. user, DebianPeer.Find(recipe.Program)!, .. await recipe.Command(folder)], workingDirectory: folder.Path);
            await Eventually.TrueAsync(
                () => process.HasExited ? throw new InvalidOperationException($"{recipe.Name} ended:\n{process.Output}") : folder.Ports.All(port => ListeningPorts.Has(port, process.Id)),
                $"{recipe.Name} listens", Eventually.StartTimeout);
            return new RunningServer(recipe, folder, process);
        }
        catch (Exception failure)
        {
            return new RunningServer(recipe, folder, process) { Failure = new InvalidOperationException($"{failure.Message}\n{process?.Output}", failure) };
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _folder?.Dispose();
    }

    private static string? WhatIsMissing(ServerRecipe recipe) =>
        !Environment.IsPrivilegedProcess ? $"{recipe.Name} is started as root here."
        : DebianPeer.Find(recipe.Program) is null ? DebianPeer.WhyMissing(recipe.Program)
        : recipe.Also is { } also && !File.Exists(also.File) ? $"{also.File} is not there (Debian package {also.Package})."
        : null;
}
