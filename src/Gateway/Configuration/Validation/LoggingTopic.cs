using System.Text.Json;
using Gateway.Configuration.Reading;

namespace Gateway.Configuration.Validation;

/// <summary>
/// Checks the section Logging with a trial, because the logging library reads the section itself, and throws only when the section is in
/// force, or at the first log line.
/// </summary>
internal sealed class LoggingTopic : IConfigTopic
{
    private const string Section = nameof(GatewayConfig.Logging);

    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        if (context.Config.Logging is not { } logging)
        {
            return;
        }

        CheckLevels(context, Section, logging, isLevels: false);
        var flat = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        Flatten(context, Section, logging, flat);
        ConsoleOptions.Check(context, $"{Section}:Console", flat);
        if (!context.Issues.HasErrorAtOrBelow(Section) && LoggingTrial.FindProblem(flat) is { } problem)
        {
            context.Issues.Error(Section, null, $"the logging library does not take it: {problem}");
        }
    }

    // Flattens in the same way as ConfigNodeJson. A key with a colon may mean the same as a nested key.
    private static void Flatten(ValidationContext context, string path, JsonElement node, Dictionary<string, string?> flat)
    {
        switch (node.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in node.EnumerateObject())
                {
                    Flatten(context, KeyPath.Join(path, member.Name), member.Value, flat);
                }

                break;
            case JsonValueKind.Array:
                foreach (var (index, element) in node.EnumerateArray().Index())
                {
                    Flatten(context, KeyPath.Join(path, index), element, flat);
                }

                break;
            default:
                if (!flat.TryAdd(path, node.ValueKind == JsonValueKind.Null ? null : node.ToString()))
                {
                    context.Issues.Error(path, Show(node), "duplicate key (a colon in a key means the same as nesting); keep one of them");
                }

                break;
        }
    }

    private static void CheckLevels(ValidationContext context, string path, JsonElement node, bool isLevels)
    {
        if (node.ValueKind != JsonValueKind.Object)
        {
            if (isLevels || path == Section)
            {
                context.Issues.Error(path, isLevels ? Show(node) : null, "must be an object: { … }");
            }

            return;
        }

        foreach (var member in node.EnumerateObject())
        {
            var childPath = $"{path}:{member.Name}";
            if (!isLevels)
            {
                CheckLevels(context, childPath, member.Value, member.Name.Equals("LogLevel", StringComparison.OrdinalIgnoreCase));
            }
            else if (!IsLevel(member.Value))
            {
                context.Issues.Error(childPath, Show(member.Value), $"must be one of {string.Join(", ", Enum.GetNames<LogLevel>())}");
            }
        }
    }

    private static string? Show(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => ConfigIssue.Quote(value.GetString()),
        JsonValueKind.Object or JsonValueKind.Array => null,
        _ => ConfigIssue.Show(value.GetRawText()),
    };

    private static bool IsLevel(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && Enum.GetNames<LogLevel>().Contains(value.GetString(), StringComparer.OrdinalIgnoreCase);
}
