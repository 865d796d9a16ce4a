using System.Buffers;
using System.Globalization;
using System.Text;

namespace Gateway.Http.Messages;

/// <summary>
/// The path of a request target as the client wrote it. Routes are matched on the decoded path, but the destination gets the written path,
/// so that <c>%2F</c> does not become <c>%252F</c> and <c>%41</c> does not become <c>A</c>. Only dot segments are removed, in every
/// spelling, because the server has removed them before routes were matched. Otherwise <c>/public/../admin</c> could be matched as one path
/// and served as another.
/// </summary>
internal static class RawTarget
{
    // RFC 3986, 3.3: unreserved, sub-delims, ":" and "@"; and the slash between segments.
    private static readonly SearchValues<char> PathCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/");

    /// <summary>
    /// The path of a target in origin form or absolute form. Empty if the target has another form (<c>*</c>, an authority).
    /// </summary>
    public static ReadOnlySpan<char> PathOf(ReadOnlySpan<char> target)
    {
        if (target.StartsWith('/'))
        {
            return BeforeQuery(target);
        }

        var scheme = target.IndexOf("://", StringComparison.Ordinal);
        if (scheme <= 0)
        {
            return default;
        }

        var rest = target[(scheme + 3)..];
        var end = rest.IndexOfAny('/', '?', '#');
        return end >= 0 && rest[end] == '/' ? BeforeQuery(rest[end..]) : "/";
    }

    /// <summary>The path without its dot segments. Allocates nothing if there are none.</summary>
    /// <param name="path">Begins with a slash.</param>
    public static ReadOnlySpan<char> WithoutDotSegments(ReadOnlySpan<char> path)
    {
        if (path.IndexOf("/.", StringComparison.Ordinal) < 0 && path.IndexOf("/%2", StringComparison.Ordinal) < 0)
        {
            return path;
        }

        var kept = new StringBuilder(path.Length);
        var isDirectory = false;
        foreach (var range in path[1..].Split('/'))
        {
            var segment = path[1..][range];
            var dots = DotsOf(segment);
            isDirectory = dots > 0;
            if (dots == 0)
            {
                kept.Append('/').Append(segment);
            }
            else if (dots == 2)
            {
                kept.Length = LastSlash(kept);
            }
        }

        return (isDirectory ? kept.Append('/') : kept).ToString();
    }

    /// <summary>
    /// Whether a backend could read a segment as a parent directory that the server did not see, because the server splits at slashes only:
    /// beside an encoded slash or a backslash (<c>..%2f</c>, <c>..%5c</c>, <c>..\</c>), or with a parameter (<c>..;</c>). An attacker could
    /// get around a route's match in this way. Honest clients do not write such paths.
    /// </summary>
    /// <param name="path">A path without dot segments.</param>
    public static bool HidesParent(ReadOnlySpan<char> path)
    {
        // Nearly every path ends here, because two dots in a row or an encoded dot are rare.
        if (path.IndexOf("..", StringComparison.Ordinal) < 0 && path.IndexOf("%2e", StringComparison.OrdinalIgnoreCase) < 0)
        {
            return false;
        }

        var plain = path.ToString()
            .Replace("%2f", "/", StringComparison.OrdinalIgnoreCase)
            .Replace("%5c", "/", StringComparison.OrdinalIgnoreCase)
            .Replace('\\', '/')
            .Replace("%3b", ";", StringComparison.OrdinalIgnoreCase);
        foreach (var segment in plain.Split('/'))
        {
            var parameters = segment.IndexOf(';', StringComparison.Ordinal);
            if (DotsOf(parameters < 0 ? segment : segment.AsSpan(0, parameters)) == 2)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The path to send after transforms. Segments that the transforms did not change stay as the client wrote them. The others are
    /// encoded.
    /// </summary>
    /// <param name="path">The decoded path after the transforms.</param>
    /// <param name="decoded">The decoded path before the transforms.</param>
    /// <param name="raw">The path before the transforms as the client wrote it, without dot segments.</param>
    public static string Follow(string path, string decoded, ReadOnlySpan<char> raw)
    {
        var was = decoded.Split('/');
        var written = raw.ToString().Split('/');
        var parts = path.Split('/');
        // The search runs from the end, because transforms mostly change the beginning of a path. If two segments are equal, either of them
        // may be found: both decode to the same text.
        var from = was.Length;
        for (var i = parts.Length - 1; i >= 0; i--)
        {
            var found = was.Length == written.Length && from > 0 ? Array.LastIndexOf(was, parts[i], from - 1) : -1;
            parts[i] = found >= 0 ? written[found] : Encode(parts[i]);
            from = found >= 0 ? found : from;
        }

        return string.Join('/', parts);
    }

    /// <summary>Percent-encodes a decoded path.</summary>
    public static string Encode(string path)
    {
        var bad = path.AsSpan().IndexOfAnyExcept(PathCharacters);
        if (bad < 0)
        {
            return path;
        }

        var text = new StringBuilder(path.Length + 16);
        ReadOnlySpan<char> rest = path;
        while (bad >= 0)
        {
            text.Append(rest[..bad]);
            rest = rest[bad..];
            var good = rest.IndexOfAny(PathCharacters);
            text.Append(Uri.EscapeDataString(good < 0 ? rest : rest[..good]));
            rest = good < 0 ? default : rest[good..];
            bad = rest.IndexOfAnyExcept(PathCharacters);
        }

        return text.Append(rest).ToString();
    }

    /// <summary>
    /// Percent-encodes the characters of a path or query that a request line cannot carry. HTTP/2 accepts blanks and bytes above 0x7F.
    /// </summary>
    public static ReadOnlySpan<char> Carry(ReadOnlySpan<char> target)
    {
        if (target.IndexOfAnyExceptInRange('!', '~') < 0)
        {
            return target;
        }

        var text = new StringBuilder(target.Length + 16);
        foreach (var c in target)
        {
            // One character is one byte (HeaderBytes).
            _ = c is >= '!' and <= '~' ? text.Append(c) : text.Append(CultureInfo.InvariantCulture, $"%{(int)c:X2}");
        }

        return text.ToString();
    }

    private static ReadOnlySpan<char> BeforeQuery(ReadOnlySpan<char> target)
    {
        var query = target.IndexOf('?');
        return query < 0 ? target : target[..query];
    }

    /// <summary>1 for <c>.</c>, 2 for <c>..</c>, in any spelling; 0 for any other segment.</summary>
    private static int DotsOf(ReadOnlySpan<char> segment)
    {
        var dots = 0;
        while (!segment.IsEmpty && dots < 3)
        {
            var length = segment[0] == '.' ? 1 : segment.StartsWith("%2e", StringComparison.OrdinalIgnoreCase) ? 3 : 0;
            if (length == 0)
            {
                return 0;
            }

            dots++;
            segment = segment[length..];
        }

        return segment.IsEmpty && dots < 3 ? dots : 0;
    }

    private static int LastSlash(StringBuilder text)
    {
        var i = text.Length - 1;
        while (i > 0 && text[i] != '/')
        {
            i--;
        }

        return Math.Max(i, 0);
    }
}
