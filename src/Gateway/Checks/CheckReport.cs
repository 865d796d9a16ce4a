using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Gateway.Configuration;
using Gateway.Observability;

namespace Gateway.Checks;

/// <summary>All findings of a run.</summary>
/// <param name="CheckedAt">When the run ended.</param>
/// <param name="Scope">Which checks were run.</param>
/// <param name="Results">The findings, ordered by check and key path.</param>
internal sealed partial record CheckReport(DateTimeOffset CheckedAt, CheckScope Scope, IReadOnlyList<CheckResult> Results)
{
    /// <summary>
    /// The version of the JSON. It grows when a member is removed or changes its meaning, not when a member is added.
    /// </summary>
    public const int Schema = 2;

    /// <summary>The worst severity of all findings.</summary>
    public CheckSeverity Verdict => Results.Count == 0 ? CheckSeverity.Ok : Results.Max(result => result.Severity);

    /// <summary>The names of checks that this scope left out although there are destinations. The counts do not include them.</summary>
    public IReadOnlyList<string> NotAsked { get; init; } = [];

    /// <summary>The number of findings of a severity.</summary>
    public int Count(CheckSeverity severity) => Results.Count(result => result.Severity == severity);

    /// <summary>The counts in one line, and the checks that they do not include.</summary>
    public string Summary
    {
        get
        {
            var numbers = string.Create(
                CultureInfo.InvariantCulture,
                $"{Count(CheckSeverity.Ok)} ok, {Count(CheckSeverity.Skip)} skipped, {Count(CheckSeverity.Warn)} warnings, "
                    + $"{Count(CheckSeverity.Fail)} failures");
            return NotAsked.Count == 0
                ? numbers
                : $"{numbers}; destinations were not asked ({string.Join(", ", NotAsked)}: Gateway check, POST /check or Checks:AtStart "
                    + "All)";
        }
    }

    /// <summary>One line per finding, and a last line with the counts.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        foreach (var result in Results)
        {
            text.Append(CultureInfo.InvariantCulture, $"{Word(result.Severity),-4} {result.Describe()}\n");
        }

        return text.Append(Summary).Append('\n').ToString();
    }

    /// <summary>The report as JSON. docs/check.md describes its form.</summary>
    public string ToJson() => NotShown().Replace(Serialize(), static match => $"\\u{(int)match.Value[0]:x4}") + "\n";

    private string Serialize() => CheckReportJson.Serialize(new(
        Schema,
        GatewayVersion.Text,
        CheckedAt,
        Scope,
        Verdict,
        new(Count(CheckSeverity.Ok), Count(CheckSeverity.Skip), Count(CheckSeverity.Warn), Count(CheckSeverity.Fail)),
        Results,
        NotAsked.Count == 0 ? null : NotAsked));

    private static string Word(CheckSeverity severity) => severity switch
    {
        CheckSeverity.Ok => "ok",
        CheckSeverity.Skip => "skip",
        CheckSeverity.Warn => "warn",
        _ => "FAIL",
    };

    // These characters are escaped, because a terminal shows the JSON, too. They occur only inside strings, where an escape is valid.
    [GeneratedRegex("[^\n -~]")]
    private static partial Regex NotShown();
}
