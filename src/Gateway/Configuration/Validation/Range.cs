using System.Globalization;
using System.Numerics;

namespace Gateway.Configuration.Validation;

/// <summary>Checks ranges of values.</summary>
internal static class Range
{
    /// <summary>The longest timeout. All .NET timers accept up to int.MaxValue milliseconds (24.8 days).</summary>
    public static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(24);

    /// <summary>Reports a timeout that is not above zero, or too long for a timer.</summary>
    public static void CheckTimeout(ValidationContext context, string path, TimeSpan value)
    {
        if (value <= TimeSpan.Zero || value > MaxTimeout)
        {
            context.Issues.Error(path, Written(context, path, Text(value)), "must be longer than 0 and at most 24 days");
        }
    }

    /// <summary>Reports a duration outside of a range.</summary>
    public static void Check(ValidationContext context, string path, TimeSpan value, TimeSpan least, TimeSpan most)
    {
        if (value < least || value > most)
        {
            context.Issues.Error(path, Written(context, path, Text(value)), $"must be from {Text(least)} to {Text(most)}");
        }
    }

    /// <summary>Reports a number outside of a range.</summary>
    public static void Check<T>(ValidationContext context, string path, T value, T least, T most)
        where T : INumber<T>, IMinMaxValue<T>
    {
        if (value >= least && value <= most)
        {
            return;
        }

        var rule = most == T.MaxValue
            ? least == T.Zero ? "must not be negative" : least < T.One ? "must be above 0" : $"must be at least {least}"
            : $"must be from {least} to {most}";
        context.Issues.Error(path, Written(context, path, value.ToString(null, CultureInfo.InvariantCulture)), rule);
    }

    private static string Written(ValidationContext context, string path, string text) => context.Written.GetValueOrDefault(path, text);

    private static string Text(TimeSpan value) => value.ToString("c", CultureInfo.InvariantCulture);
}
