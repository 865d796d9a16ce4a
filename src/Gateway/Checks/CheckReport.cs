using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
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

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

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

    private string Serialize()
    {
        var counts = new
        {
            Ok = Count(CheckSeverity.Ok),
            Skip = Count(CheckSeverity.Skip),
            Warn = Count(CheckSeverity.Warn),
            Fail = Count(CheckSeverity.Fail),
        };
        var report = JsonSerializer.SerializeToNode(
            new
            {
                Schema,
                Version = GatewayVersion.Text,
                CheckedAt,
                Scope,
                Verdict,
                Counts = counts,
                Results,
            },
            Json
        )!;
        if (NotAsked.Count > 0)
        {
            report["notAsked"] = JsonSerializer.SerializeToNode(NotAsked);
        }

        return report.ToJsonString(Json);
    }

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
