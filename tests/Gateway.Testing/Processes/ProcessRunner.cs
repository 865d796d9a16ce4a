using System.Diagnostics;

namespace Gateway.Testing.Processes;

/// <summary>What a command printed and how it ended.</summary>
/// <param name="Command">The command line, for messages.</param>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="StandardOutput">Its standard output.</param>
/// <param name="StandardError">Its standard error.</param>
public sealed record ProcessResult(string Command, int ExitCode, string StandardOutput, string StandardError)
{
    /// <summary>Both outputs.</summary>
    public string Output => StandardOutput + StandardError;

    /// <summary>Itself, if it succeeded.</summary>
    public ProcessResult RequireSuccess() =>
        ExitCode == 0 ? this : throw new InvalidOperationException($"{Command}: exit code {ExitCode}\n{Output}");
}

/// <summary>Runs a command to its end.</summary>
public static class ProcessRunner
{
    /// <summary>Runs <paramref name="command"/>, feeding it <paramref name="input"/>; kills it (by its own id) after the timeout.</summary>
    public static async Task<ProcessResult> RunAsync(
        IReadOnlyList<string> command,
        string? input = null,
        TimeSpan? timeout = null,
        IReadOnlyDictionary<string, string>? environment = null,
        string? workingDirectory = null)
    {
        var info = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory ?? "",
        };
        info.Environment["DOTNET_ROOT"] = RepositoryPaths.DotnetRoot;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            info.Environment[name] = value;
        }

        using var process = Process.Start(info)!;
        using var limit = new CancellationTokenSource(timeout ?? TimeSpan.FromSeconds(60));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            try
            {
                await process.StandardInput.WriteAsync(input ?? "").ConfigureAwait(false);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended without reading its input.
            }

            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            return new ProcessResult(string.Join(' ', command), process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{string.Join(' ', command)}: did not end in time.");
        }
    }
}
