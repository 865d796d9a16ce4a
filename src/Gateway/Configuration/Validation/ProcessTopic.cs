using System.Text.Json;

namespace Gateway.Configuration.Validation;

/// <summary>Limits, Shutdown and Logging.</summary>
internal sealed class ProcessTopic : IConfigTopic
{
    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        if (context.Config.Limits.MaxConnections is { } maxConnections)
            Range.Check(context, "Limits:MaxConnections", maxConnections, 1, int.MaxValue);
        Range.Check(context, "Shutdown:DrainDelay", context.Config.Shutdown.DrainDelay, TimeSpan.Zero, Range.MaxTimeout);
        Range.Check(context, "Shutdown:DrainTimeout", context.Config.Shutdown.DrainTimeout, TimeSpan.Zero, Range.MaxTimeout);
        if (context.Config.Logging is { } logging)
            CheckLogging(context, "Logging", logging, isLevels: false);
    }

    // The logging library throws for a level that it does not know, long after the file was accepted.
    private static void CheckLogging(ValidationContext context, string path, JsonElement node, bool isLevels)
    {
        if (node.ValueKind != JsonValueKind.Object)
        {
            if (path == "Logging")
                context.Issues.Error(path, null, "must be an object: { … }");
            return;
        }

        foreach (var member in node.EnumerateObject())
        {
            var childPath = $"{path}:{member.Name}";
            if (!isLevels)
                CheckLogging(context, childPath, member.Value, member.Name.Equals("LogLevel", StringComparison.OrdinalIgnoreCase));
            else if (!IsLevel(member.Value))
                context.Issues.Error(childPath, Show(member.Value), $"must be one of {string.Join(", ", Enum.GetNames<LogLevel>())}");
        }
    }

    private static string? Show(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => ConfigIssue.Quote(value.GetString()),
        JsonValueKind.Object or JsonValueKind.Array => null,
        _ => value.GetRawText(),
    };

    private static bool IsLevel(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && Enum.GetNames<LogLevel>().Contains(value.GetString(), StringComparer.OrdinalIgnoreCase);
}
