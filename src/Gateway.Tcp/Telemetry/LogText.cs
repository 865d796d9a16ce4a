using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Gateway.Tcp.Telemetry;

/// <summary>
/// Makes text from outside (a client, a backend, the configuration file) safe for a line of a log or of a terminal: printable ASCII of a
/// bounded length. A raw line break would forge a log line, an escape sequence would colour or clear a terminal, and a bidirectional or
/// invisible character would make the text look different from what it is.
/// </summary>
public static class LogText
{
    /// <summary>
    /// The longest value that is shown by default, in characters after escaping: long enough to recognise a text, short enough to read the
    /// line.
    /// </summary>
    public const int MaxLength = 256;

    /// <summary>
    /// The longest sentence that is shown by default: an error with its key path, the value and the cure has some 300 characters.
    /// </summary>
    public const int MaxSentenceLength = 2048;

    private const string Cut = "...";

    // The longest escape of one character: \uNNNN.
    private const int LongestEscape = 6;

    // The gateway's own messages contain this character. It cannot be confused with another character, and does not affect the text around
    // it.
    private const char Ellipsis = '…';

    // A value with any of these characters is quoted.
    private const string Separators = " \"'=";

    private static readonly string Printable = string.Concat(Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code));

    private static readonly SearchValues<char> Bare = SearchValues.Create(string.Concat(Printable.Except(Separators + '\\')));

    private static readonly SearchValues<char> Shown = SearchValues.Create(Printable + Ellipsis);

    /// <summary>
    /// The message of the innermost exception, which may quote bytes that a client or a backend sent. Null if there is no exception.
    /// </summary>
    [return: NotNullIfNotNull(nameof(problem))]
    public static string? DetailOf(Exception? problem)
    {
        if (problem is null)
        {
            return null;
        }
        while ((problem is AggregateException { InnerExceptions.Count: > 0 } several ? several.InnerExceptions[0] : problem.InnerException)
                is { } inner)
        {
            problem = inner;
        }
        return problem.Message;
    }

    /// <summary>
    /// The value of a <c>name=value</c> field. The value is quoted if it is empty or contains blanks, quotes or <c>=</c>. <c>...</c> behind
    /// the quotes says that the value was cut.
    /// </summary>
    /// <param name="text">The text; null is shown as <c>-</c>.</param>
    /// <param name="maxLength">The most characters that are shown, not counting quotes and <c>...</c>.</param>
    public static string Value(string? text, int maxLength = MaxLength)
    {
        if (text is null)
        {
            return "-";
        }

        if (text.Length > 0 && text.Length <= maxLength && !text.AsSpan().ContainsAnyExcept(Bare))
        {
            return text;
        }

        var line = new StringBuilder(Math.Min(text.Length, maxLength) + LongestEscape);
        var isWhole = TryAppend(line, text, maxLength, isQuoted: true);
        var needsQuotes = !isWhole || text.Length == 0 || text.AsSpan().ContainsAny(Separators);
        return needsQuotes ? $"\"{line}\"{(isWhole ? "" : Cut)}" : line.ToString();
    }

    /// <summary>A value that is always quoted.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maxLength">The most characters that are shown.</param>
    public static string Quoted(string text, int maxLength = MaxLength)
    {
        ArgumentNullException.ThrowIfNull(text);
        var line = new StringBuilder(Math.Min(text.Length, maxLength) + LongestEscape).Append('"');
        var isWhole = TryAppend(line, text, maxLength, isQuoted: true);
        return line.Append('"').Append(isWhole ? "" : Cut).ToString();
    }

    /// <summary>A sentence, or a name within a sentence, without quotes.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maxLength">The most characters that are shown, not counting <c>...</c>.</param>
    public static string Sentence(string text, int maxLength = MaxSentenceLength)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length <= maxLength && !text.AsSpan().ContainsAnyExcept(Shown))
        {
            return text;
        }

        var line = new StringBuilder(Math.Min(text.Length, maxLength) + LongestEscape);
        return TryAppend(line, text, maxLength, isQuoted: false) ? line.ToString() : line.Append(Cut).ToString();
    }

    // False: the rest of the text had no room. An escape sequence is shown completely or not at all.
    private static bool TryAppend(StringBuilder line, string text, int maxLength, bool isQuoted)
    {
        var end = line.Length + maxLength;
        foreach (var c in text)
        {
            var before = line.Length;
            Append(line, c, isQuoted);
            if (line.Length > end)
            {
                line.Length = before;
                return false;
            }
        }

        return true;
    }

    private static void Append(StringBuilder line, char c, bool isQuoted) => _ = c switch
    {
        // In a sentence a backslash is mostly an escape already: of a value that was quoted into it.
        '"' or '\\' when isQuoted => line.Append('\\').Append(c),
        >= ' ' and <= '~' => line.Append(c),
        Ellipsis when !isQuoted => line.Append(c),
        '\n' => line.Append("\\n"),
        '\r' => line.Append("\\r"),
        '\t' => line.Append("\\t"),
        <= '\xFF' => line.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:X2}"),
        _ => line.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
    };
}
