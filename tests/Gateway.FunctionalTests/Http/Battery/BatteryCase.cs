using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Gateway.Testing;

namespace Gateway.FunctionalTests.Http.Battery;

/// <summary>
/// One odd request and what becomes of it, from <c>http1.txt</c> or <c>http2.txt</c>. A block begins with <c># NAME</c>; <c>&gt;</c> is a
/// line that is sent (with CR LF behind it; not behind <c>&gt;&gt;</c>), <c>=</c> what the client gets, <c>&lt;</c> what reaches the
/// destination, without the four headers of a client that says nothing of itself. Bytes that are not printable are written as
/// <c>\xNN</c>, many of the same as <c>\{a*300}</c>.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Sent">The lines that are sent, as written.</param>
/// <param name="Answer">What the client gets.</param>
/// <param name="Reached">The lines that reach the destination, as written.</param>
internal sealed partial record BatteryCase(string Name, IReadOnlyList<string> Sent, string Answer, IReadOnlyList<string> Reached)
{
    private static readonly string[] Ours = ["X-Forwarded-For: 127.0.0.1", "X-Real-IP: 127.0.0.1", "X-Forwarded-Proto: http", "X-Forwarded-Host: x"];

    /// <summary>How many requests reach the destination.</summary>
    public int Requests => Reached.Count(static line => line.EndsWith(" HTTP/1.1", StringComparison.Ordinal));

    /// <summary>Reads a file of cases.</summary>
    public static IReadOnlyDictionary<string, BatteryCase> Read(string file)
    {
        var path = Path.Combine(RepositoryPaths.Root, "tests", "Gateway.FunctionalTests", "Http", "Battery", file);
        var cases = new Dictionary<string, BatteryCase>();
        foreach (var block in File.ReadAllText(path).Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var lines = block.Trim('\n').Split('\n');
            cases.Add(lines[0][2..], new BatteryCase(
                lines[0][2..], [.. lines.Where(static line => line[0] == '>').Select(static line => line[1..])], lines.Single(static line => line[0] == '=')[2..],
                [.. lines.Where(static line => line[0] == '<').Select(static line => line.Length > 1 ? line[2..] : "")]));
        }

        return cases;
    }

    /// <summary>The bytes of a text of the file, one for each character.</summary>
    public static string Unescape(string text) => Escaped().Replace(text, static match => match.Value[1] switch
    {
        'x' => ((char)int.Parse(match.ValueSpan[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString(),
        '{' => new string(match.Value[2], int.Parse(match.ValueSpan[4..^1], CultureInfo.InvariantCulture)),
        'r' => "\r",
        'n' => "\n",
        't' => "\t",
        _ => match.Value[1..],
    });

    /// <summary>A request that reached the destination, as the file writes it.</summary>
    public static IEnumerable<string> Show(RecordedRequest request, string destination)
    {
        foreach (var line in request.Head[..^4].Split("\r\n").Except(Ours))
        {
            yield return line == $"Host: {destination}" ? "Host: (destination)" : Escape(line);
        }

        if (request.Body.Length > 0)
        {
            yield return "";
            yield return Escape(request.Body);
        }
    }

    private static string Escape(string text)
    {
        var escaped = new StringBuilder();
        foreach (var c in text)
        {
            _ = c switch
            {
                '\\' => escaped.Append("\\\\"),
                '\r' => escaped.Append("\\r"),
                '\n' => escaped.Append("\\n"),
                '\t' => escaped.Append("\\t"),
                < ' ' or > '~' => escaped.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => escaped.Append(c),
            };
        }

        return Many().Replace(escaped.ToString(), static match => $"\\{{{match.Value[0]}*{match.Length}}}");
    }

    [GeneratedRegex(@"\\(?:x[0-9a-f]{2}|\{.\*\d+\}|.)")]
    private static partial Regex Escaped();

    [GeneratedRegex("([a-z])\\1{199,}")]
    private static partial Regex Many();
}
