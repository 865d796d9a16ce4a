using System.Diagnostics.CodeAnalysis;
using Gateway.Tcp.Telemetry;

namespace Gateway.Configuration;

/// <summary>One error or warning about a configuration.</summary>
/// <param name="Path">Key path, as <c>TcpProxy:Routes:redis:ClusterId</c>; empty for the file as a whole.</param>
/// <param name="Value">The wrong value, formatted by <see cref="Quote"/> or <see cref="Show"/>; null: there is none.</param>
/// <param name="Message">The rule that is broken, and the cure.</param>
internal sealed record ConfigIssue(string Path, string? Value, string Message)
{
    // Long enough to recognise a value, short enough for a line in the log or on the terminal.
    private const int MaxValueLength = 120;

    // The gateway's own keys are at most six levels deep. The limit is for the names between them, which the operator chooses.
    private const int MaxPathLength = 512;

    /// <summary>One line: path, value, message.</summary>
    public override string ToString() => (LogText.Sentence(Path, MaxPathLength), Value, LogText.Sentence(Message)) switch
    {
        ("", null, var message) => message,
        (var path, null, var message) => $"{path}: {message}",
        ("", _, var message) => $"{Value}: {message}",
        var (path, _, message) => $"{path} = {Value}: {message}",
    };

    /// <summary>Formats a text for a message: quoted, on one line and shortened.</summary>
    /// <param name="text">The text; null gives null.</param>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Quote(string? text) => text is null ? null : LogText.Quoted(text, MaxValueLength);

    /// <summary>Formats a number or another literal for a message. Shortens the literal, which can be as long as the file.</summary>
    /// <param name="literal">The literal.</param>
    public static string Show(string literal) => LogText.Sentence(literal, MaxValueLength);
}
