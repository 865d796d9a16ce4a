using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Configuration;

/// <summary>One thing that is wrong (or doubtful) in a configuration.</summary>
/// <param name="Path">Key path, as <c>TcpProxy:Routes:redis:ClusterId</c>; empty for the file as a whole.</param>
/// <param name="Value">The offending value as JSON writes it, shortened; null where there is none.</param>
/// <param name="Message">The rule that is broken, and the cure.</param>
internal sealed record ConfigIssue(string Path, string? Value, string Message)
{
    // A log line and a terminal line: long enough to recognise a value, short enough to read.
    private const int MaxValueLength = 120;

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One line: path, value, message.</summary>
    public override string ToString() => (Path, Value) switch
    {
        ("", null) => Message,
        (_, null) => $"{Path}: {Message}",
        ("", _) => $"{Value}: {Message}",
        _ => $"{Path} = {Value}: {Message}",
    };

    /// <summary>Quotes a text as JSON does, so that it stays on one line.</summary>
    /// <param name="text">The text; null gives null.</param>
    public static string? Quote(string? text)
    {
        if (text is null)
            return null;
        if (text.Length > MaxValueLength)
            text = string.Concat(text.AsSpan(0, MaxValueLength), "…");
        return JsonSerializer.Serialize(text, Readable);
    }
}
