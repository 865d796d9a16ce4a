using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Configuration;

namespace Gateway.Checks;

/// <summary>Writes reports as JSON, without reflection.</summary>
internal static partial class CheckReportJson
{
    private static readonly Context Writer = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Converters =
        {
            new JsonStringEnumConverter<CheckSeverity>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<CheckScope>(JsonNamingPolicy.CamelCase),
        },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>The JSON of a report.</summary>
    public static string Serialize(Document report) => JsonSerializer.Serialize(report, Writer.Document);

    /// <summary>A report, member for member as docs/check.md describes it.</summary>
    internal sealed record Document(
        int Schema,
        string Version,
        DateTimeOffset CheckedAt,
        CheckScope Scope,
        CheckSeverity Verdict,
        Totals Counts,
        IReadOnlyList<CheckResult> Results,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? NotAsked);

    /// <summary>How many findings there are of each severity.</summary>
    internal sealed record Totals(int Ok, int Skip, int Warn, int Fail);

    [JsonSerializable(typeof(Document))]
    private sealed partial class Context : JsonSerializerContext;
}
