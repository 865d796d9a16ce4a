using System.Globalization;
using Gateway.Tcp.Configuration;

namespace Gateway.Configuration.Reading;

/// <summary>
/// Reads scalars strictly: a number is not a string, and "5" is not a number. Environment variables and YARP's section hold only strings,
/// so there a string is converted to the type that the key needs.
/// </summary>
internal static class ScalarReader
{
    /// <summary>Reads one scalar.</summary>
    /// <param name="node">The scalar as written.</param>
    /// <param name="type">The type that is needed.</param>
    /// <param name="isYarp">Whether the scalar belongs to YARP's section.</param>
    /// <param name="value">The value.</param>
    /// <returns>Null if the scalar is valid, otherwise the rule that it breaks.</returns>
    public static string? Read(ScalarNode node, Type type, bool isYarp, out object? value)
    {
        value = null;
        var textual = isYarp || node.Variable is not null;
        var isText = node.Kind == ScalarKind.String;
        if (type == typeof(string))
        {
            value = node.Text;
            return isText || textual ? null : "must be a string in quotes";
        }

        if (type == typeof(bool))
        {
            var isBool = bool.TryParse(node.Text, out var boolean) && (node.Kind == ScalarKind.Boolean || (isText && textual));
            value = boolean;
            return isBool ? null : "must be true or false" + (isText && bool.TryParse(node.Text, out _) ? ", without quotes" : "");
        }

        if (type == typeof(int) || type == typeof(long) || type == typeof(double))
        {
            return ReadNumber(node, type, textual, out value);
        }

        if (type == typeof(TimeSpan))
        {
            var isDuration = Duration.TryParse(node.Text, out var duration);
            value = duration;
            return isText && isDuration ? null : Duration.Rule + (node.Kind == ScalarKind.Number ? "; a bare number has no unit" : "");
        }

        if (type == typeof(PortRange))
        {
            var isRange = PortRange.TryParse(node.Text, out var range);
            value = range;
            // A single port is written as a number. Only a range is a string, because JSON has no type for a range.
            return isRange && (node.Kind == ScalarKind.Number || (isText && (textual || node.Text.Contains('-'))))
                ? null
                : "must be a port (8080) or a range of ports (\"9000-9100\"), from 1 to 65535" + (isRange ? ", without quotes" : "");
        }

        if (type.IsEnum)
        {
            return ReadEnum(node, type, out value);
        }

        if (type == typeof(Uri))
        {
            var isUri = Uri.TryCreate(node.Text, UriKind.Absolute, out var uri);
            value = uri;
            return isText && isUri ? null : "must be an absolute URI";
        }

        // Version: "2" means 2.0, as YARP reads it.
        var isVersion = Version.TryParse(node.Text.Contains('.') ? node.Text : node.Text + ".0", out var version);
        value = version;
        return isVersion && (isText || textual) ? null : "must be an HTTP version: \"1.1\", \"2\" or \"3\"";
    }

    private static string? ReadNumber(ScalarNode node, Type type, bool textual, out object? value)
    {
        var isInt = long.TryParse(node.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer);
        var isNumber =
            double.TryParse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number);
        var isWritten = node.Kind == ScalarKind.Number || (node.Kind == ScalarKind.String && textual);
        value = type == typeof(double) ? (object)number : type == typeof(long) ? (object)integer : (object)unchecked((int)integer);
        var hint = node.Kind == ScalarKind.String && isNumber && !textual ? ", without quotes" : "";
        if (type == typeof(double))
        {
            return isWritten && isNumber ? null : "must be a number" + hint;
        }

        if (!isWritten || !isInt)
        {
            return "must be a whole number" + hint;
        }

        return type == typeof(long) || integer is >= int.MinValue and <= int.MaxValue
            ? null
            : $"must be a whole number up to {int.MaxValue}";
    }

    private static string? ReadEnum(ScalarNode node, Type type, out object? value)
    {
        value = null;
        // Accepts names only, because Enum.TryParse would also accept "7" and "A,B".
        var name = node.Kind == ScalarKind.String
            ? Enum.GetNames(type).FirstOrDefault(name => string.Equals(name, node.Text, StringComparison.OrdinalIgnoreCase))
            : null;
        if (name is null)
        {
            return Names(type);
        }

        value = Enum.Parse(type, name);
        return null;
    }

    private static string Names(Type type) => "must be one of " + string.Join(", ", Enum.GetNames(type));
}
