using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Commands;
using Json.Schema;

namespace Gateway.Tests.Configuration.Schema;

/// <summary>The schema that ships, and a judge of files that knows JSON schemas and nothing of the gateway.</summary>
internal static class SchemaFile
{
    /// <summary>Where the schema lies in the repository.</summary>
    public const string Path = "appsettings/gateway.schema.json";

    private static readonly JsonDocumentOptions WithComments = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    private static readonly Lazy<JsonSchema> Schema = new(static () => JsonSchema.FromText(SchemaCommand.Text));

    /// <summary>Reads a file as the gateway does: comments and trailing commas are allowed.</summary>
    public static JsonNode Read(string text) => JsonNode.Parse(text, documentOptions: WithComments)!;

    /// <summary>The places where a file breaks the schema; empty: nowhere.</summary>
    public static IReadOnlyList<string> ErrorsOf(JsonNode file)
    {
        var result = Schema.Value.Evaluate(
            JsonSerializer.SerializeToElement(file), new EvaluationOptions { OutputFormat = OutputFormat.List });
        return result.IsValid
            ? []
            : [.. (result.Details ?? []).Where(static detail => detail.Errors is { Count: > 0 })
                .Select(static detail => $"{detail.InstanceLocation}: {string.Join("; ", detail.Errors!.Values)}")
                .DefaultIfEmpty("not valid")];
    }
}
