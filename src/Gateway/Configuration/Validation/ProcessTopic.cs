using System.Text.Json;
using Microsoft.Extensions.Logging.Console;

namespace Gateway.Configuration.Validation;

/// <summary>Limits, Checks, Shutdown and Logging.</summary>
internal sealed class ProcessTopic : IConfigTopic
{
    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        if (context.Config.Limits.MaxConnections is { } maxConnections)
            Range.Check(context, "Limits:MaxConnections", maxConnections, 1, int.MaxValue);
        Range.Check(context, "Checks:Timeout", context.Config.Checks.Timeout, TimeSpan.FromSeconds(1), Range.MaxTimeout);
        Range.Check(context, "Shutdown:DrainDelay", context.Config.Shutdown.DrainDelay, TimeSpan.Zero, Range.MaxTimeout);
        Range.Check(context, "Shutdown:DrainTimeout", context.Config.Shutdown.DrainTimeout, TimeSpan.Zero, Range.MaxTimeout);
        if (context.Config.Logging is { } logging)
        {
            CheckLogging(context, "Logging", logging, isLevels: false);
            CheckConsole(context, logging);
        }
    }

    // On trial: the logging library binds these itself, and throws, once the file is in force.
    private static void CheckConsole(ValidationContext context, JsonElement logging)
    {
        if (logging.ValueKind != JsonValueKind.Object)
            return;
        using var text = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(logging));
        var console = new ConfigurationBuilder().AddJsonStream(text).Build().GetSection("Console");
        TryBind<ConsoleLoggerOptions>(context, console);
        var formatter = console.GetSection("FormatterOptions");
        switch (console["FormatterName"]?.ToUpperInvariant())
        {
            case null or "SIMPLE":
                TryBind<SimpleConsoleFormatterOptions>(context, formatter);
                break;
            case "JSON":
                TryBind<JsonConsoleFormatterOptions>(context, formatter);
                break;
            case "SYSTEMD":
                TryBind<ConsoleFormatterOptions>(context, formatter);
                break;
            default:
                context.Issues.Error("Logging:Console:FormatterName", ConfigIssue.Quote(console["FormatterName"]), "must be one of simple, json, systemd");
                break;
        }
    }

    private static void TryBind<T>(ValidationContext context, IConfigurationSection section) where T : new()
    {
        foreach (var key in section.GetChildren().Where(static key => key.Value is not null))
        {
            var alone = new ConfigurationBuilder().AddInMemoryCollection([new(key.Key, key.Value)]).Build();
            try
            {
                alone.Bind(new T());
            }
            catch (InvalidOperationException)
            {
                context.Issues.Error($"Logging:{key.Path}", ConfigIssue.Quote(key.Value), $"is no value for this key: {Expected<T>(key.Key)}");
            }
        }
    }

    private static string Expected<T>(string key)
    {
        var type = typeof(T).GetProperties().First(property => property.Name.Equals(key, StringComparison.OrdinalIgnoreCase)).PropertyType;
        return type.IsEnum ? $"must be one of {string.Join(", ", Enum.GetNames(type))}" : type == typeof(bool) ? "must be true or false" : $"must be a {type.Name}";
    }

    // The logging library throws for a level that it does not know, long after the file was accepted.
    private static void CheckLogging(ValidationContext context, string path, JsonElement node, bool isLevels)
    {
        if (node.ValueKind != JsonValueKind.Object)
        {
            if (isLevels || path == "Logging")
                context.Issues.Error(path, isLevels ? Show(node) : null, "must be an object: { … }");
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
