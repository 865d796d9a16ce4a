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
/// <param name="CheckedAt">When it ended.</param>
/// <param name="Scope">How far it went.</param>
/// <param name="Results">The findings, by check and key path.</param>
internal sealed partial record CheckReport(DateTimeOffset CheckedAt, CheckScope Scope, IReadOnlyList<CheckResult> Results)
{
    /// <summary>The number of the JSON's form; it grows when a member changes its meaning or goes, not when one is added.</summary>
    public const int Schema = 2;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The worst finding.</summary>
    public CheckSeverity Verdict => Results.Count == 0 ? CheckSeverity.Ok : Results.Max(result => result.Severity);

    /// <summary>Names of checks that this scope left out although there is somebody to ask: what the numbers do not speak of.</summary>
    public IReadOnlyList<string> NotAsked { get; init; } = [];

    /// <summary>How many of a severity.</summary>
    public int Count(CheckSeverity severity) => Results.Count(result => result.Severity == severity);

    /// <summary>In numbers, and what they do not speak of.</summary>
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

    /// <summary>One line per finding, and a last one with their numbers.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        foreach (var result in Results)
        {
            text.Append(CultureInfo.InvariantCulture, $"{Word(result.Severity),-4} {result.Describe()}\n");
        }

        return text.Append(Summary).Append('\n').ToString();
    }

    /// <summary>As JSON; docs/check.md has its form.</summary>
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

    // A terminal shows the JSON, too, and only what is within a string can be beyond ASCII.
    [GeneratedRegex("[^\n -~]")]
    private static partial Regex NotShown();
}
