using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.Configuration.Reading;

/// <summary>
/// Durations in the form of the file: <c>500ms</c>, <c>5s</c>, <c>10m</c>, <c>1h</c> or <c>[d.]hh:mm:ss[.fff]</c>.
/// <see cref="TimeSpan.Parse(string)"/> is not used, because it reads "5" as five days.
/// </summary>
internal static partial class Duration
{
    /// <summary>The rule as a text for error messages.</summary>
    public const string Rule = "a duration is 500ms, 5s, 10m, 1h or hh:mm:ss";

    /// <summary>Reads a duration.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">The duration.</param>
    /// <returns>False if the text is not a duration, or the duration is too long for a TimeSpan.</returns>
    public static bool TryParse(string text, out TimeSpan value)
    {
        value = default;
        if (Clock().IsMatch(text))
        {
            return TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out value);
        }

        var match = WithUnit().Match(text);
        if (!match.Success || !long.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        var ticksPerUnit = match.Groups[2].Value switch
        {
            "ms" => TimeSpan.TicksPerMillisecond,
            "s" => TimeSpan.TicksPerSecond,
            "m" => TimeSpan.TicksPerMinute,
            _ => TimeSpan.TicksPerHour,
        };
        if (number > TimeSpan.MaxValue.Ticks / ticksPerUnit)
        {
            return false;
        }

        value = TimeSpan.FromTicks(number * ticksPerUnit);
        return true;
    }

    // The minus is for YARP's section, where -00:00:00.0010000 means "no timeout".
    [GeneratedRegex(@"^-?([0-9]{1,8}\.)?[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]{1,7})?\z")]
    private static partial Regex Clock();

    [GeneratedRegex(@"^([0-9]{1,18})(ms|s|m|h)\z")]
    private static partial Regex WithUnit();
}
