using Microsoft.Extensions.Primitives;

namespace Gateway.Http.Messages;

/// <summary>What a Connection header nominates: names of headers that are meant for this hop alone (RFC 9110, 7.6.1).</summary>
internal static class ConnectionOptions
{
    private static readonly string[] NoHeaders = ["close", "keep-alive", "upgrade"];

    /// <summary>
    /// The names, apart from those that stand for no header of their own or that every proxy removes anyway. None, mostly.
    /// </summary>
    public static IEnumerable<string> Of(StringValues connection)
    {
        if (connection.Count == 0 || (connection.Count == 1 && NoHeaders.Contains(connection[0], StringComparer.OrdinalIgnoreCase)))
        {
            return [];
        }

        return connection
            .SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Except(NoHeaders, StringComparer.OrdinalIgnoreCase);
    }
}
