using System.Diagnostics.CodeAnalysis;
using Gateway.Tcp.Telemetry;

namespace Gateway.Configuration;

/// <summary>One thing that is wrong (or doubtful) in a configuration.</summary>
/// <param name="Path">Key path, as <c>TcpProxy:Routes:redis:ClusterId</c>; empty for the file as a whole.</param>
/// <param name="Value">The offending value as <see cref="Quote"/> or <see cref="Show"/> gives it; null where there is none.</param>
/// <param name="Message">The rule that is broken, and the cure.</param>
internal sealed record ConfigIssue(string Path, string? Value, string Message)
{
    // A log line and a terminal line: long enough to recognise a value, short enough to read.
    private const int MaxValueLength = 120;

    // Our own keys are at most six deep; the names between them are the operator's.
    private const int MaxPathLength = 512;

    /// <summary>One line: path, value, message.</summary>
    public override string ToString() => (LogText.Sentence(Path, MaxPathLength), Value, LogText.Sentence(Message)) switch
    {
        ("", null, var message) => message,
        (var path, null, var message) => $"{path}: {message}",
        ("", _, var message) => $"{Value}: {message}",
        var (path, _, message) => $"{path} = {Value}: {message}",
    };

    /// <summary>A text between quotes, on one line and shortened.</summary>
    /// <param name="text">The text; null gives null.</param>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Quote(string? text) => text is null ? null : LogText.Quoted(text, MaxValueLength);

    /// <summary>A number or another literal, which can be as long as the file.</summary>
    /// <param name="literal">The literal.</param>
    public static string Show(string literal) => LogText.Sentence(literal, MaxValueLength);
}
