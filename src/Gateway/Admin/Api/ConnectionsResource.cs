using System.Text.Json;
using Gateway.Tcp.Status;

namespace Gateway.Admin.Api;

/// <summary>
/// <c>/api/connections</c>: the live connections. <c>/api/closed</c>: those that ended last. <c>/api/reasons</c>: how many ended how.
/// </summary>
internal sealed class ConnectionsResource(LiveList live, ClosedConnections closed)
{
    // Some tenth of a millisecond.
    private const int RowsBetweenYields = 32;

    /// <summary>Writes live connections.</summary>
    public void List(ConnectionFilter filter, Utf8JsonWriter json)
    {
        var (connections, total) = live.Find(filter);
        Write(json, "connections", connections, total, filter.Limit);
    }

    /// <summary>Writes ended connections, the newest first.</summary>
    public void ListClosed(ConnectionFilter filter, Utf8JsonWriter json)
    {
        var found = Closed(filter).Where(connection => filter.Reason is null || connection.Reason == filter.Reason).ToList();
        Write(json, "closed", filter.IsOldestFirst ? [.. Enumerable.Reverse(found)] : found, found.Count, filter.Limit);
    }

    /// <summary>The ended connections that a filter matches, the newest first.</summary>
    /// <param name="filter">The filter. Its limit is not applied.</param>
    /// <param name="after">Only connections with a higher sequence.</param>
    /// <param name="last">Only connections with this sequence or a lower one.</param>
    public IEnumerable<ConnectionSummary> Closed(ConnectionFilter filter, long after = 0, long last = long.MaxValue) =>
        closed.Read(after, last).Where(connection =>
            filter.Matches(connection.ClientAddress, connection.Client.Port, connection.Listener, connection.Route));

    /// <summary>Writes the numbers of ended connections by minute and reason.</summary>
    public void ListReasons(Utf8JsonWriter json)
    {
        json.WriteNumber("intervalSeconds", CloseHistory.Interval.TotalSeconds);
        json.WriteStartArray("intervals");
        foreach (var (from, counts) in closed.History.Read())
        {
            json.WriteStartObject();
            ApiTime.Write(json, "from", from);
            WriteCounts(json, counts);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteCounts(Utf8JsonWriter json, IReadOnlyList<(string Reason, int Count)> counts)
    {
        json.WriteStartObject("reasons");
        foreach (var (reason, count) in counts)
        {
            json.WriteNumber(reason, count);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<ConnectionSummary> connections, int total, int limit)
    {
        json.WriteStartArray(name);
        var written = 0;
        foreach (var connection in connections.Take(limit))
        {
            ConnectionJson.Write(json, connection);
            if (++written % RowsBetweenYields == 0)
            {
                Thread.Yield();
            }
        }

        json.WriteEndArray();
        json.WriteNumber("total", total);
        json.WriteNumber("limit", limit);
    }
}
