using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http.Messages;

/// <summary>The query of a request target as it was written.</summary>
internal static class RawQuery
{
    /// <summary>
    /// The query that transforms made, as it goes out: what they left alone is as the client wrote it and where it was; what is new stands
    /// behind it.
    /// </summary>
    /// <param name="query">As written, with its question mark; or empty.</param>
    /// <param name="was">What it says.</param>
    /// <param name="now">What it is to say.</param>
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

        // Between two ampersands there is nothing.
        return true;
    }

    /// <summary>How many values stand at the beginning still: all, or none.</summary>
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
