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
            else if (member.Value.ValueKind != JsonValueKind.String || !Enum.GetNames<LogLevel>().Contains(member.Value.GetString(), StringComparer.OrdinalIgnoreCase))
                context.Issues.Error(childPath, ConfigIssue.Quote(member.Value.ToString()), $"must be one of {string.Join(", ", Enum.GetNames<LogLevel>())}");
        }
    }
}
