using Microsoft.Extensions.Primitives;

namespace Gateway.Http.Messages;

/// <summary>The headers that a Connection header nominates: they are meant only for this hop (RFC 9110, 7.6.1).</summary>
internal static class ConnectionOptions
{
    private static readonly string[] NoHeaders = ["close", "keep-alive", "upgrade"];

    // As ConnectionValue leaves what clients send as a rule.
    private static readonly string[] Usual = [.. NoHeaders, "close, keep-alive", "upgrade, keep-alive"];

    /// <summary>
    /// The names, without options that are not header names and without headers that every proxy removes anyway. In most cases there are
    /// none.
    /// </summary>
    public static IEnumerable<string> Of(StringValues connection)
    {
        if (connection.Count == 0 || (connection.Count == 1 && IsUsual(connection[0])))
        {
            return [];
        }

        return connection
            .SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Except(NoHeaders, StringComparer.OrdinalIgnoreCase);
    }

    private static bool IsUsual(string? line)
    {
        foreach (var value in Usual)
        {
            if (value.Equals(line, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
