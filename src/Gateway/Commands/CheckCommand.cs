using Gateway.Checks;
using Gateway.Configuration;
using Gateway.Configuration.Loading;
using Gateway.Snapshots;

namespace Gateway.Commands;

/// <summary><c>Gateway check</c>: checks whether this host can run a configuration, and names the cures.</summary>
internal static class CheckCommand
{
    /// <summary>No failures; with --strict also no warnings and nothing skipped.</summary>
    public const int ExitOk = 0;

    /// <summary>At least one failure, or the file has errors.</summary>
    public const int ExitFailures = 1;

    /// <summary>With --strict: warnings or something skipped, but no failures.</summary>
    public const int ExitWarnings = 2;

    // A dead destination takes its cluster's timeout, 5 s. The limit is long enough for hundreds of them, 16 at a time.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Checks a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="json">Whether to write JSON instead of text.</param>
    /// <param name="strict">Whether warnings and skipped checks change the exit code.</param>
    /// <param name="output">Takes the report.</param>
    /// <param name="cancellation">Signalled by Ctrl+C.</param>
    public static async Task<int> RunAsync(string path, bool json, bool strict, TextWriter output, CancellationToken cancellation)
    {
        var report = await CheckAsync(path, cancellation);
        await output.WriteAsync(json ? report.ToJson() : report.ToText());
        return ExitCode(report.Verdict, strict);
    }

    /// <summary>The exit code of a verdict.</summary>
    internal static int ExitCode(CheckSeverity verdict, bool strict) => verdict switch
    {
        CheckSeverity.Fail => ExitFailures,
        CheckSeverity.Warn or CheckSeverity.Skip when strict => ExitWarnings,
        _ => ExitOk,
    };

    private static async Task<CheckReport> CheckAsync(string path, CancellationToken cancellation)
    {
        var result = ConfigReader.Read(path, ConfigReader.ProcessEnvironment());
        var issues = result
            .Errors.Select(issue => Of(issue, CheckSeverity.Fail))
            .Concat(result.Warnings.Select(issue => Of(issue, CheckSeverity.Warn)))
            .ToList();
        if (result.Config is null)
        {
            return new CheckReport(TimeProvider.System.GetUtcNow(), CheckScope.All, issues);
        }

        var report = await CheckSuite.RunAsync(new CheckContext(SnapshotBuilder.Build(result)), Limit, cancellation);
        return report with { Results = [.. issues, .. report.Results] };
    }

    private static CheckResult Of(ConfigIssue issue, CheckSeverity severity) =>
        new("config", severity, issue.Path, issue.Value is null ? issue.Message : $"{issue.Value}: {issue.Message}");
}
