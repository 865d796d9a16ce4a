using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gateway.Configuration;
using Gateway.Tcp.Telemetry;

namespace Gateway.Admin.Api;

/// <summary>Which connections a request asks for: <c>client</c>, <c>listener</c>, <c>route</c>, <c>limit</c>, <c>sort</c>.</summary>
internal sealed record ConnectionFilter
{
    /// <summary>The most connections of an answer, if the request has no limit.</summary>
    public const int DefaultLimit = 100;

    /// <summary>The most connections of an answer. A higher limit counts as this.</summary>
    public const int MostLimit = 1000;

    /// <summary>Matches every connection, and asks for none of them: only for their number.</summary>
    public static readonly ConnectionFilter None = new() { Limit = 0 };

    private const int BitsOfNumber = 8;

    private static readonly string[] Known = ["client", "listener", "route", "limit", "sort", "reason"];

    /// <summary>The networks that may hold the client; null: any client.</summary>
    public IPNetwork? Client { get; private init; }

    /// <summary>The client's port; null: any.</summary>
    public int? Port { get; private init; }

    /// <summary>The listener's name, whatever its case; null: any.</summary>
    public string? Listener { get; private init; }

    /// <summary>The route's name, whatever its case; null: any.</summary>
    public string? Route { get; private init; }

    /// <summary>Why the connection ended; null: for any reason. For ended connections only.</summary>
    public string? Reason { get; private init; }

    /// <summary>The most connections of the answer.</summary>
    public int Limit { get; private init; } = DefaultLimit;

    /// <summary>Whether the oldest connections come first; otherwise the newest.</summary>
    public bool IsOldestFirst { get; private init; }

    /// <summary>Reads the query of a request. If that has a problem, the request is answered.</summary>
    /// <returns>The filter; null: the request was answered.</returns>
    public static async Task<ConnectionFilter?> ReadAsync(HttpContext context)
    {
        if (Parse(context.Request.Query, out var filter) is { } problem)
        {
            await ApiAnswer.FailAsync(context, StatusCodes.Status400BadRequest, problem);
        }

        return filter;
    }

    /// <summary>Reads a query.</summary>
    /// <param name="query">The query.</param>
    /// <param name="filter">The filter; null if there is a problem.</param>
    /// <returns>The problem, with what would be right; null: there is none.</returns>
    public static string? Parse(IQueryCollection query, out ConnectionFilter? filter)
    {
        filter = null;
        if (query.Keys.FirstOrDefault(static key => !Known.Contains(key, StringComparer.OrdinalIgnoreCase)) is { } unknown)
        {
            // Without it the answer would be about everybody.
            return $"{LogText.Value(unknown)}: unknown parameter; known here: {string.Join(", ", Known)}";
        }

        (IPNetwork Network, int? Port)? client = null;
        if (Value(query, "client") is { } text && (client = ParseClient(text)) is null)
        {
            return "client: must be an address, ADDRESS:PORT, a CIDR, or the beginning of an IPv4 address such as 198.51.";
        }

        var limit = DefaultLimit;
        if (Value(query, "limit") is { } number && !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out limit))
        {
            return $"limit: must be a whole number; more than {MostLimit} counts as {MostLimit}";
        }

        var sort = Value(query, "sort");
        if (sort is not (null or "newest" or "oldest"))
        {
            return "sort: must be newest or oldest";
        }

        filter = new ConnectionFilter
        {
            Client = client?.Network,
            Port = client?.Port,
            Listener = Value(query, "listener"),
            Route = Value(query, "route"),
            Reason = Value(query, "reason"),
            Limit = Math.Min(limit, MostLimit),
            IsOldestFirst = sort == "oldest",
        };
        return null;
    }

    /// <summary>Whether every live connection is asked for.</summary>
    public bool MatchesAll => Client is null && Listener is null && Route is null && Port is null;

    /// <summary>Whether a connection is asked for.</summary>
    /// <param name="client">The client's address.</param>
    /// <param name="port">The port of the connection's client.</param>
    /// <param name="listener">The listener's name.</param>
    /// <param name="route">The route's name; null: none.</param>
    public bool Matches(IPAddress client, int port, string listener, string? route) =>
        (Client is not { } network || network.Contains(client))
        && (Port ?? port) == port
        && (Listener is null || Listener.Equals(listener, StringComparison.OrdinalIgnoreCase))
        && (Route is null || Route.Equals(route, StringComparison.OrdinalIgnoreCase));

    private static string? Value(IQueryCollection query, string key) =>
        query[key] is { Count: > 0 } values && values[^1]?.Trim() is { Length: > 0 } value ? value : null;

    private static (IPNetwork Network, int? Port)? ParseClient(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0)
        {
            var isNetwork = StrictAddress.TryParse(text.AsSpan(0, slash), out _);
            return IPNetwork.TryParse(text, out var network) && isNetwork ? (network, null) : null;
        }

        if (StrictAddress.TryParse(text.Trim('[', ']'), out var address))
        {
            return (Single(address), null);
        }

        var colon = text.LastIndexOf(':');
        if (colon > 0 && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && StrictAddress.TryParseHost(text.AsSpan(0, colon), out address))
        {
            return (Single(address), port);
        }

        return Beginning(text) is { } part ? (part, null) : null;
    }

    private static IPNetwork Single(IPAddress address) =>
        new(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);

    // What somebody has typed so far: one to three numbers of an IPv4 address.
    private static IPNetwork? Beginning(string text)
    {
        var numbers = text.TrimEnd('.').Split('.');
        var bytes = new byte[4];
        if (numbers.Length > 3 || text.EndsWith("..", StringComparison.Ordinal))
        {
            return null;
        }

        for (var i = 0; i < numbers.Length; i++)
        {
            if (!byte.TryParse(numbers[i], NumberStyles.None, CultureInfo.InvariantCulture, out bytes[i]))
            {
                return null;
            }
        }

        return new IPNetwork(new IPAddress(bytes), numbers.Length * BitsOfNumber);
    }
}
