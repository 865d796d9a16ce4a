using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Logging.Console;

namespace Gateway.Configuration.Validation;

/// <summary>
/// Checks the options of the console logger and its formatters. Each value is bound alone, so that an error has its key path.
/// </summary>
internal static class ConsoleOptions
{
    private const string FormatterName = "FormatterName";
    private const string FormatterOptions = "FormatterOptions";
    private const string TimestampFormat = "TimestampFormat";

    /// <summary>Checks the values below <paramref name="path"/>.</summary>
    /// <param name="context">Where to report.</param>
    /// <param name="path">Key path of the section.</param>
    /// <param name="flat">The whole section Logging, by key path.</param>
    public static void Check(ValidationContext context, string path, IReadOnlyDictionary<string, string?> flat)
    {
        foreach (var (keyPath, value) in flat)
        {
            if (value is null || !keyPath.StartsWith(path + ":", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            var key = keyPath[(path.Length + 1)..];
            if (Below(key, FormatterOptions) is { } option)
            {
                // Binds the value for all formatters, because all read their options, also those that are not in use.
                TryBind<SimpleConsoleFormatterOptions>(context, keyPath, option, value);
                TryBind<JsonConsoleFormatterOptions>(context, keyPath, option, value);
                TryBind<ConsoleFormatterOptions>(context, keyPath, option, value);
                CheckTimestamp(context, keyPath, option, value);
                continue;
            }

            TryBind<ConsoleLoggerOptions>(context, keyPath, key, value);
            CheckTimestamp(context, keyPath, key, value);
            if (Is(key, FormatterName)
                && !(
                    Is(value, ConsoleFormatterNames.Simple)
                    || Is(value, ConsoleFormatterNames.Json)
                    || Is(value, ConsoleFormatterNames.Systemd)))
            {
                context.Issues.Error(keyPath, ConfigIssue.Quote(value), "must be one of simple, json, systemd");
            }
        }
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "All properties are kept; one has properties of its own.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "No property is a collection, whose type would have to be made.")]
    private static void TryBind<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(
        ValidationContext context, string keyPath, string key, string value)
        where T : new()
    {
        try
        {
            new ConfigurationBuilder().AddInMemoryCollection([new(key, value)]).Build().Bind(new T());
        }
#pragma warning disable CA1031 // The binder may wrap an exception of a setter in any type.
        catch (Exception e)
#pragma warning restore CA1031
        {
            context.Issues.Error(
                keyPath,
                ConfigIssue.Quote(value),
                $"is no value for this key: {Expected(typeof(T), key) ?? LogText.DetailOf(e)}");
        }
    }

    // Tries the format here, because the formatters use the format only when they write a line.
    private static void CheckTimestamp(ValidationContext context, string keyPath, string key, string value)
    {
        if (!Is(key, TimestampFormat))
        {
            return;
        }

        try
        {
            _ = DateTimeOffset.UnixEpoch.ToString(value, CultureInfo.CurrentCulture);
        }
        catch (FormatException)
        {
            context.Issues.Error(
                keyPath,
                ConfigIssue.Quote(value),
                "is no format of a date and time; \"HH:mm:ss.fff \" is one (a second has at most seven digits)");
        }
    }

    // The values that the key accepts; null: they cannot be listed in a few words.
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicProperties, typeof(JsonWriterOptions))]
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "JsonWriterOptions alone has properties.")]
    private static string? Expected([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] Type type, string key)
    {
        PropertyInfo? property = null;
        foreach (var name in key.Split(':'))
        {
            property = (property is null ? type.GetProperties() : property.PropertyType.GetProperties())
               .FirstOrDefault(candidate => Is(candidate.Name, name));
            if (property is null)
            {
                return null;
            }
        }

        return property!.PropertyType is { IsEnum: true } choice ? $"must be one of {string.Join(", ", Enum.GetNames(choice))}"
            : property.PropertyType == typeof(bool) ? "must be true or false"
            : null;
    }

    private static string? Below(string key, string section) =>
        key.StartsWith(section + ":", StringComparison.OrdinalIgnoreCase) ? key[(section.Length + 1)..] : null;

    private static bool Is(string text, string other) => text.Equals(other, StringComparison.OrdinalIgnoreCase);
}
