using Gateway.Configuration.Loading;
using Gateway.Tcp.Telemetry;

namespace Gateway.Commands;

/// <summary><c>Gateway validate</c>: checks a file without running it. The host (ports, rights) is not checked.</summary>
internal static class ValidateCommand
{
    /// <summary>Validates a file with this process's environment variables.</summary>
    /// <param name="path">The file.</param>
    /// <param name="output">Takes the warnings and the verdict.</param>
    /// <param name="error">Takes the errors.</param>
    /// <returns>Exit code: 0, or 1 if there are errors.</returns>
    public static int Run(string path, TextWriter output, TextWriter error) => Run(path, ConfigReader.ProcessEnvironment(), output, error);

    /// <summary>Validates a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="environment">Environment variables.</param>
    /// <param name="output">Takes the warnings and the verdict.</param>
    /// <param name="error">Takes the errors.</param>
    /// <returns>Exit code: 0, or 1 if there are errors.</returns>
    public static int Run(string path, IReadOnlyDictionary<string, string> environment, TextWriter output, TextWriter error)
    {
        var result = ConfigReader.Read(path, environment);
        foreach (var warning in result.Warnings)
        {
            output.WriteLine($"warning: {warning}");
        }

        foreach (var issue in result.Errors)
        {
            error.WriteLine($"error: {issue}");
        }

        if (result.Errors.Count == 0)
        {
            output.WriteLine($"{LogText.Sentence(path)} is valid ({Count(result.WarningCount, "warning")})");
        }
        else
        {
            error.WriteLine($"{LogText.Sentence(path)} is not valid: {Count(result.ErrorCount, "error")}");
        }

        return result.Errors.Count == 0 ? 0 : 1;
    }

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
