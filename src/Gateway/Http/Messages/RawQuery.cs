using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http.Messages;

/// <summary>The query of a request target as the client wrote it.</summary>
internal static class RawQuery
{
    /// <summary>
    /// The query to send after transforms. Parameters that the transforms did not change stay as the client wrote them and in their place.
    /// New parameters follow behind them.
    /// </summary>
    /// <param name="query">The query as the client wrote it, with its question mark; or empty.</param>
    /// <param name="was">The decoded parameters before the transforms.</param>
    /// <param name="now">The decoded parameters after the transforms.</param>
    public static string Follow(string query, IQueryCollection was, IDictionary<string, StringValues> now)
    {
        var text = new StringBuilder(query.Length + 32);
        foreach (var pair in query.Length > 1 ? query[1..].Split('&') : [])
        {
            if (IsKept(pair, was, now))
            {
                text.Append(text.Length == 0 ? '?' : '&').Append(pair);
            }
        }

        foreach (var (name, values) in now)
        {
            for (var i = Kept(was[name], values); i < values.Count; i++)
            {
                text.Append(text.Length == 0 ? '?' : '&')
                    .Append(Uri.EscapeDataString(name))
                    .Append('=')
                    .Append(Uri.EscapeDataString(values[i] ?? ""));
            }
        }

        return text.ToString();
    }

    private static bool IsKept(string pair, IQueryCollection was, IDictionary<string, StringValues> now)
    {
        foreach (var parsed in new QueryStringEnumerable(pair))
        {
            var name = parsed.DecodeName().ToString();
            return !was.TryGetValue(name, out var old) || (now.TryGetValue(name, out var values) && Kept(old, values) > 0);
        }

        // There is no parameter between two ampersands.
        return true;
    }

    /// <summary>The number of old values that are still at the beginning of the new values: all, or 0.</summary>
    private static int Kept(StringValues old, StringValues values)
    {
        for (var i = 0; i < old.Count; i++)
        {
            if (i == values.Count || old[i] != values[i])
            {
                return 0;
            }
        }

        return old.Count;
    }
}
