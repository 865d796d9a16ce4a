using System.Text.Json;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Checks;

/// <summary>One run of <c>Gateway check --json</c>.</summary>
internal sealed class CheckRun
{
    private CheckRun(int exitCode, IReadOnlyList<Finding> findings)
    {
        ExitCode = exitCode;
        Findings = findings;
    }

    public int ExitCode { get; }

    public IReadOnlyList<Finding> Findings { get; }

    public static async Task<CheckRun> StartAsync(ConfigFile config, NetworkNamespace? inside = null, string[]? prefix = null, params string[] options)
    {
        using var folder = new TemporaryFolder();
        var result = await ProcessRunner.RunAsync(
            [.. inside?.CommandPrefix ?? [], .. prefix ?? [], RepositoryPaths.GatewayExecutable, "check", "--config", folder.Write("a.json", config.ToJson()), "--json", .. options]);
        Assert.True(result.StandardError.Length == 0, result.Output);
        return new CheckRun(result.ExitCode, Parse(result.StandardOutput));
    }

    public static IReadOnlyList<Finding> Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.GetProperty("results").EnumerateArray().Select(result => new Finding(
            result.GetProperty("check").GetString()!, result.GetProperty("severity").GetString()!, result.GetProperty("where").GetString()!,
            result.GetProperty("what").GetString()!, result.GetProperty("cure").GetString() ?? ""))];
    }

    /// <summary>The one finding of a check about a key path.</summary>
    public Finding The(string check, string where)
    {
        var found = Findings.Where(finding => finding.Check == check && finding.Where == where).ToList();
        Assert.True(found.Count == 1, $"{check} {where}: {found.Count} of {string.Join('\n', Findings)}");
        return found[0];
    }
}

/// <summary>One finding.</summary>
internal sealed record Finding(string Check, string Severity, string Where, string What, string Cure);
