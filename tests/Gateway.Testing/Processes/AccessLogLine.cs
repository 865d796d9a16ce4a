using System.Net;
using System.Text.RegularExpressions;

namespace Gateway.Testing.Processes;

/// <summary>One line of the access log (category Gateway.Access): its fields by name.</summary>
public sealed partial class AccessLogLine
{
    private AccessLogLine(string text, IReadOnlyDictionary<string, string> fields)
    {
        Text = text;
        Fields = fields;
    }

    /// <summary>The line.</summary>
    public string Text { get; }

    /// <summary>Its name=value fields.</summary>
    public IReadOnlyDictionary<string, string> Fields { get; }

    /// <summary>The client.</summary>
    public IPEndPoint? Client => IPEndPoint.TryParse(this["client"], out var endPoint) ? endPoint : null;

    /// <summary>The reason.</summary>
    public string Reason => this["reason"];

    /// <summary>A field, or an empty string.</summary>
    public string this[string name] => Fields.GetValueOrDefault(name, "");

    /// <summary>Reads a line, or null if it is none of the access log's.</summary>
    public static AccessLogLine? Parse(string line)
    {
        if (!line.Contains("client=", StringComparison.OrdinalIgnoreCase) || !line.Contains("reason=", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (Match match in Field().Matches(line))
        {
            fields[match.Groups[1].Value] = match.Groups[2].Value.Trim('"');
        }

        return new AccessLogLine(line, fields);
    }

    /// <inheritdoc />
    public override string ToString() => Text;

    [GeneratedRegex("""\b([A-Za-z_]+)=("[^"]*"|[^\s,]+)""")]
    private static partial Regex Field();
}
